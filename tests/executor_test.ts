import assert from "node:assert/strict";
import { withExecutor } from "./executor_harness.ts";

const value = (outcome: { kind: string; result?: string }) => {
  assert.equal(outcome.kind, "ok", JSON.stringify(outcome));
  return JSON.parse(outcome.result ?? "");
};

Deno.test("module handlers run in workers with the facts of their attempt", async () => {
  await withExecutor({}, async ({ run, executor, problems, strays }) => {
    assert.deepEqual(problems, []);
    const good = executor.handlers().find(({ name }) => name === "good");
    assert.deepEqual(good, {
      name: "good",
      kind: "module",
      isolation: "worker",
      timeoutMs: null,
      file: "good.ts",
      retry: { attempts: 7 },
    });
    const key = { jobId: "job-x", attempt: 3, token: "t" };
    const facts = value(
      await run("good", { act: "facts" }, {
        key,
        fence: 9,
        scheduledForMs: 1_000,
        checkpoint: '{"at":1}',
      }),
    );
    assert.deepEqual({ ...facts, startedAt: 0 }, {
      jobId: "job-x",
      attempt: 3,
      idempotencyKey: "job-x",
      fence: 9,
      scheduledFor: "1970-01-01T00:00:01.000Z",
      lastCheckpoint: { at: 1 },
      startedAt: 0,
    });
    assert.equal((await run("nobody", null)).kind, "unknown-handler");
    assert.deepEqual(strays, []);
  });
});

Deno.test("an executor without workers knows the handlers and runs none", async () => {
  await withExecutor({ workers: 0 }, async ({ run, executor, problems }) => {
    assert.deepEqual(problems, []);
    assert.ok(executor.handlers().some(({ name }) => name === "good"));
    for (const name of ["good", "noop"]) {
      const outcome = await run(name, null);
      assert.deepEqual([outcome.kind, "begun" in outcome && outcome.begun], ["interrupted", false]);
    }
  });
});

Deno.test("steps, checkpoint, progress and logs are reported; stored steps are not run again", async () => {
  await withExecutor({}, async ({ run, steps, checkpoints, progress, logs }) => {
    const stored = new Map([["s0", '"1:1"']]);
    const key = { jobId: "job-s", attempt: 2, token: "t" };
    const result = value(await run("good", { act: "steps", n: 3 }, { key, steps: stored }));
    assert.deepEqual(result.stepped, ["1:1", "2:1", "2:2"]);
    assert.deepEqual(result.checkpoint, { ran: 2 });
    assert.deepEqual(steps.map(({ name, result }) => [name, result]), [
      ["s1", '"2:1"'],
      ["s2", '"2:2"'],
    ]);
    assert.deepEqual(checkpoints, ['{"ran":2}']);
    assert.deepEqual(progress, [50]);
    assert.deepEqual(logs, ['ran 2 {"stepped":["1:1","2:1","2:2"]}', "to the console"]);
  });
});

Deno.test("errors say whether and when to retry", async () => {
  await withExecutor({}, async ({ run }) => {
    const soft = await run("good", { act: "soft-fail" });
    assert.equal(soft.kind, "error");
    if (soft.kind !== "error") return;
    assert.deepEqual([soft.error.name, soft.retryable, soft.retryAfterMs], ["Later", true, 90_000]);
    const hard = await run("good", { act: "hard-fail" });
    assert.equal(hard.kind === "error" && hard.retryable, false);
  });
});

Deno.test("an attempt never starts before its time, nor after an abort that came first", async () => {
  await withExecutor({}, async ({ run, executor }) => {
    const dueAt = Date.now() + 60;
    const many = Array.from(
      { length: 50 },
      () => run("good", { act: "facts" }, { notBeforeMs: dueAt }),
    );
    for (const outcome of await Promise.all(many)) assert.ok(value(outcome).startedAt >= dueAt);
    const key = { jobId: "j", attempt: 1, token: "later" };
    const aborted = run("good", { act: "facts" }, { key, notBeforeMs: Date.now() + 60_000 });
    executor.abort("later", "cancelled");
    assert.equal((await aborted).kind, "cancelled");
    const now = run("good", { act: "steps", n: 1 }, { key: { ...key, token: "now" } });
    executor.abort("now", "drain");
    assert.equal((await now).kind, "interrupted");
    executor.abort("never heard of", "cancelled");
  });
});

Deno.test("a handler that heeds its signal ends at once; one that does not is terminated", async () => {
  await withExecutor({}, async ({ run, executor }) => {
    const begun = performance.now();
    const heeding = await run("good", { act: "signal" }, { timeoutMs: 100 });
    assert.equal(heeding.kind, "timeout");
    assert.ok(performance.now() - begun < 500, "it did not need the grace period");
    const key = { jobId: "j", attempt: 1, token: "deaf" };
    const deaf = run("hostile", "async-loop", { key, timeoutMs: null });
    await run("good", { act: "sleep", ms: 50 });
    executor.abort("deaf", "cancelled");
    assert.equal((await deaf).kind, "cancelled");
  });
});

Deno.test("permissions are exactly the declared ones, cut by the cap", async () => {
  await withExecutor({}, async ({ run }) => {
    assert.equal(value(await run("reader", null)).home, Deno.env.get("HOME") ?? null);
  });
  await withExecutor({ permissionsCap: { env: ["OTHER"] } }, async ({ run }) => {
    const capped = await run("reader", null);
    assert.equal(capped.kind === "error" && capped.error.name, "NotCapable");
  });
});

Deno.test("bad files are problems and do not disturb the others; reload sees new code", async () => {
  const dir = await Deno.makeTempDir({ prefix: "orrery-handlers-" });
  const write = async (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) {
      await Deno.mkdir(`${dir}/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${dir}/${file}`, text);
    }
  };
  await write({
    "a.ts": `export default { name: "a", run: () => 1 };`,
    "sub/b.js": `import { two } from "./_two.mjs"; export default { name: "b", run: () => two };`,
    "sub/_two.mjs": `export const two = 2;`,
    "a_test.ts": `throw new Error("not a handler");`,
    "inline.ts": `export default { name: "inl", isolation: "inline", run: () => Deno.pid };`,
    "bad/dup.ts": `export default { name: "b", run() {} };`,
    "bad/exit.ts": `Deno.exit(1); export default { name: "exit", run() {} };`,
    "bad/hang.ts": `for (;;); export default { name: "hang", run() {} };`,
    "bad/fields.ts": `export default { name: 7, timeout: -1, permissions: { moon: true }, x: 1 };`,
    "bad/noop.ts": `export default { name: "noop", run() {} };`,
    "bad/none.ts": `export const x = 1;`,
    "bad/syntax.ts": `export default {`,
    "bad/reads.ts": `Deno.readTextFileSync("/etc/passwd"); export default { name: "r", run() {} };`,
    "bad/memory.ts": `const all = []; for (;;) all.push(new Array(1000).fill(1.5));`,
  });
  try {
    await withExecutor({ handlersDir: dir, heapMiB: 64 }, async ({ run, executor, problems }) => {
      const files = problems.map(({ file }) => file);
      // Files are taken in the order of their paths, so `bad/dup.ts` has the name and `sub/b.js` comes second.
      assert.deepEqual(files, [
        "bad/exit.ts",
        "bad/fields.ts",
        "bad/hang.ts",
        "bad/memory.ts",
        "bad/none.ts",
        "bad/noop.ts",
        "bad/reads.ts",
        "bad/syntax.ts",
        "sub/b.js",
      ]);
      const of = (file: string) => problems.find((one) => one.file === file)?.problem ?? "";
      assert.match(of("bad/fields.ts"), /`name`.*`run`.*`timeout`.*`moon`.*`x`/);
      assert.match(of("bad/reads.ts"), /NotCapable.*inside `run`/);
      assert.match(of("bad/memory.ts"), /memory/);
      assert.match(of("bad/hang.ts"), /did not end/);
      assert.equal(value(await run("a", null)), 1);
      assert.equal(value(await run("inl", null)), Deno.pid);
      await Deno.remove(`${dir}/bad`, { recursive: true });
      const old = run("a", null);
      await write({
        "a.ts": `export default { name: "a", run: () => "new" };`,
        "sub/_two.mjs": `export const two = "two";`,
      });
      const reloaded = await executor.reload();
      assert.deepEqual(reloaded.problems, []);
      assert.equal(value(await old), 1);
      assert.equal(value(await run("a", null)), "new");
      assert.equal(value(await run("b", null)), "two");
      assert.equal(executor.knows("b"), true);
      assert.equal(executor.knows("exit"), false);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("inline files are refused under a cap unless the operator names them", async () => {
  const dir = await Deno.makeTempDir({ prefix: "orrery-handlers-" });
  await Deno.writeTextFile(
    `${dir}/i.ts`,
    `export default { name: "i", isolation: "inline", run: () => 1 };`,
  );
  try {
    await withExecutor({ handlersDir: dir, permissionsCap: {} }, ({ problems, executor }) => {
      assert.match(problems[0]?.problem ?? "", /handlers\.inline/);
      assert.equal(executor.knows("i"), false);
      return Promise.resolve();
    });
    await withExecutor(
      { handlersDir: dir, permissionsCap: {}, inlineAllowed: ["i"] },
      async ({ run }) => assert.equal(value(await run("i", null)), 1),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("a folder that does not exist is a problem, not a failure", async () => {
  await withExecutor({ handlersDir: "/nowhere/at/all" }, async ({ problems, run }) => {
    assert.equal(problems.length, 1);
    assert.equal((await run("noop", null)).kind, "ok");
  });
});

Deno.test("close ends what runs as interrupted, and what comes later too", async () => {
  let late: Promise<{ kind: string }> | undefined;
  let running: Promise<{ kind: string }>[] = [];
  await withExecutor({}, async ({ run, executor }) => {
    running = [
      run("good", { act: "sleep", ms: 60_000 }),
      run("sleep", { ms: 60_000 }),
      run("good", { act: "noop" }, { notBeforeMs: Date.now() + 60_000 }),
    ];
    await run("good", { act: "noop" });
    await executor.close();
    late = run("good", { act: "noop" });
    for (const outcome of await Promise.all(running)) assert.equal(outcome.kind, "interrupted");
    assert.equal((await late).kind, "interrupted");
  });
});

/** The process ids of this process's executor-hosts. */
async function hostPids(): Promise<number[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "pid=,args=", "--ppid", String(Deno.pid)],
  }).output();
  return new TextDecoder().decode(stdout).split("\n")
    .filter((line) => line.includes("executor/host/main.ts"))
    .map((line) => parseInt(line));
}

Deno.test("attempts in a host that is killed are lost, once, and others go on", async () => {
  await withExecutor({}, async ({ run, strays }) => {
    const inside = Array.from({ length: 6 }, () => run("good", { act: "sleep", ms: 60_000 }));
    await run("good", { act: "noop" });
    for (const pid of await hostPids()) Deno.kill(pid, "SIGKILL");
    for (const outcome of await Promise.all(inside)) assert.equal(outcome.kind, "lost");
    assert.equal((await run("good", { act: "noop" })).kind, "ok");
    assert.deepEqual(strays, []);
  });
});

Deno.test("hosts ignore signals that are meant for the node", async () => {
  await withExecutor({}, async ({ run }) => {
    const before = await hostPids();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      for (const pid of before) Deno.kill(pid, signal);
    }
    assert.equal((await run("good", { act: "sleep", ms: 50 })).kind, "ok");
    assert.deepEqual(await hostPids(), before);
  });
});

Deno.test("every attempt ends exactly once, whenever it is aborted (E1)", async () => {
  await withExecutor({}, async ({ run, executor, strays }) => {
    const ends = new Map<string, number>();
    const all = Array.from({ length: 400 }, async (_, at) => {
      const token = `storm-${at}`;
      const outcome = run("good", { act: at % 3 === 0 ? "noop" : "sleep", ms: at % 7 }, {
        key: { jobId: token, attempt: 1, token },
        notBeforeMs: Date.now() + at % 5,
        exclusive: at % 50 === 0,
      });
      if (at % 2 === 0) setTimeout(() => executor.abort(token, "cancelled"), at % 11);
      const { kind } = await outcome;
      ends.set(kind, (ends.get(kind) ?? 0) + 1);
    });
    await Promise.all(all);
    assert.deepEqual(strays, []);
    assert.deepEqual([...ends.keys()].filter((kind) => kind !== "ok" && kind !== "cancelled"), []);
    assert.ok((ends.get("ok") ?? 0) >= 200);
  });
});

Deno.test("the example handlers do what they say", async () => {
  const handlersDir = new URL("../examples/handlers", import.meta.url).pathname;
  await withExecutor({ handlersDir }, async ({ run, problems, steps, checkpoints }) => {
    assert.deepEqual(problems, []);
    assert.deepEqual(value(await run("hello", { to: "you" })), { greeting: "Hello, you!" });
    const invoice = value(await run("send-invoice", { customer: "c", cents: 5 }));
    assert.match(invoice.charge, /^charge-c-5-job-/);
    assert.deepEqual(steps.map(({ name }) => name), ["charge", "mail"]);
    const refused = await run("send-invoice", { customer: "c", cents: -5 });
    assert.equal(refused.kind === "error" && refused.retryable, false);
    const rows = await run("import-rows", { rows: 1_200 }, { checkpoint: '{"row":500}' });
    assert.deepEqual(value(rows), { imported: 1_200 });
    assert.deepEqual(checkpoints, ['{"row":1000}', '{"row":1200}']);
  });
});
