import assert from "node:assert/strict";
import type { AttemptOutcome } from "../actors/executor/port.ts";
import { type Harness, withExecutor } from "./executor_harness.ts";

/** The result of an attempt that must have succeeded. */
function resultOf(outcome: AttemptOutcome): unknown {
  assert.equal(outcome.kind, "ok", JSON.stringify(outcome));
  return outcome.kind === "ok" ? JSON.parse(outcome.result) : undefined;
}

/** The error of an attempt that must have failed. */
function errorOf(outcome: AttemptOutcome) {
  assert.equal(outcome.kind, "error", JSON.stringify(outcome));
  if (outcome.kind !== "error") throw new Error("unreachable");
  return { ...outcome, name: outcome.error.name, message: outcome.error.message };
}

const emptyDir = await Deno.makeTempDir({ prefix: "orrery-empty-" });
globalThis.addEventListener("unload", () => Deno.removeSync(emptyDir, { recursive: true }));

const withBuiltins = (
  options: Parameters<typeof withExecutor>[0],
  body: (harness: Harness) => Promise<void>,
) => withExecutor({ handlersDir: emptyDir, ...options }, body);

Deno.test("builtins run: noop, echo, sleep, fail", async () => {
  await withBuiltins({}, async ({ run }) => {
    assert.equal(resultOf(await run("noop", { x: 1 })), null);
    assert.deepEqual(resultOf(await run("echo", { x: [1, "é"] })), { x: [1, "é"] });
    assert.deepEqual(resultOf(await run("sleep", { ms: "5ms" })), { sleptMs: 5 });
    assert.equal(errorOf(await run("fail", { message: "as told" })).message, "as told");
    const key = { jobId: "j", attempt: 2, token: "second" };
    assert.equal(errorOf(await run("fail", { times: 2 }, { key })).name, "FailError");
    assert.equal((await run("fail", { times: 1 }, { key: { ...key, token: "third" } })).kind, "ok");
    assert.equal(errorOf(await run("sleep", "x")).retryable, false);
  });
});

Deno.test("builtins stop at their time-out and on abort", async () => {
  await withBuiltins({}, async ({ run, executor }) => {
    const timedOut = await run("sleep", { ms: 60_000 }, { timeoutMs: 20 });
    assert.equal(timedOut.kind, "timeout");
    for (const [reason, kind] of [["cancelled", "cancelled"], ["drain", "interrupted"]] as const) {
      const key = { jobId: "j", attempt: 1, token: reason };
      const outcome = run("sleep", { ms: 60_000 }, { key });
      executor.abort(reason, reason);
      assert.equal((await outcome).kind, kind);
    }
  });
});

/** A server that answers as its path says, and remembers what it was sent. */
async function withServer(
  body: (base: string, seen: Request[]) => Promise<void>,
): Promise<void> {
  const seen: Request[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    seen.push(request.clone());
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/status":
        return new Response("the body", {
          status: Number(searchParams.get("code")),
          headers: { "retry-after": "7" },
        });
      case "/to":
        return new Response(null, {
          status: Number(searchParams.get("code") ?? 302),
          headers: { location: searchParams.get("url") ?? "/to" },
        });
      case "/large":
        return new Response("\u0001".repeat(1_000_000));
      case "/slow":
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response();
      default:
        return new Response(`${request.method} ${await request.text()}`);
    }
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}`, seen);
  } finally {
    await server.shutdown();
  }
}

Deno.test("http sends method, headers and body, and says which attempt it is", async () => {
  await withServer(async (base, seen) => {
    await withBuiltins({ httpAllowPrivate: true }, async ({ run }) => {
      const result = resultOf(
        await run("http", {
          url: `${base}/x?y=1`,
          method: "post",
          headers: { "X-Api-Key": "k" },
          body: { a: 1 },
        }),
      ) as { status: number; body: string; headers: Record<string, string> };
      assert.equal(result.status, 200);
      assert.equal(result.body, 'POST {"a":1}');
      assert.match(result.headers["content-type"] ?? "", /text\/plain/);
      const headers = seen[0]?.headers;
      assert.equal(headers?.get("x-api-key"), "k");
      assert.equal(headers?.get("content-type"), "application/json");
      assert.equal(headers?.get("orrery-attempt"), "1");
      assert.equal(headers?.get("orrery-fence"), "1");
      assert.equal(headers?.get("idempotency-key"), headers?.get("orrery-job-id"));
    });
  });
});

Deno.test("http turns an unexpected status into an error that says whether to retry", async () => {
  await withServer(async (base) => {
    await withBuiltins({ httpAllowPrivate: true }, async ({ run }) => {
      const status = (code: number, expect?: unknown) =>
        run("http", { url: `${base}/status?code=${code}`, expect });
      const unavailable = errorOf(await status(503));
      assert.equal(unavailable.name, "HttpStatusError");
      assert.match(unavailable.message, /503: the body/);
      assert.equal(unavailable.retryable, true);
      assert.equal(unavailable.retryAfterMs, 7_000);
      assert.equal(errorOf(await status(404)).retryable, false);
      assert.equal(errorOf(await status(429)).retryable, true);
      assert.equal((await status(404, [200, 404])).kind, "ok");
      assert.equal((await status(503, "5xx")).kind, "ok");
    });
  });
});

Deno.test("http follows redirects within its bounds", async () => {
  await withServer(async (base, seen) => {
    await withBuiltins({ httpAllowPrivate: true }, async ({ run }) => {
      const other = base.replace("127.0.0.1", "localhost");
      const headers = { authorization: "secret", accept: "text/plain" };
      const there = resultOf(
        await run("http", {
          url: `${base}/to?code=307&url=${encodeURIComponent(`${other}/end`)}`,
          method: "POST",
          headers,
          body: "kept",
        }),
      ) as { body: string };
      assert.equal(there.body, "POST kept");
      assert.equal(seen[0]?.headers.get("authorization"), "secret");
      assert.equal(seen[1]?.headers.get("authorization"), null);
      assert.equal(seen[1]?.headers.get("accept"), "text/plain");
      assert.match(errorOf(await run("http", { url: `${base}/to` })).message, /5 redirects/);
    });
  });
});

Deno.test("http keeps large answers within the bound of a result", async () => {
  await withServer(async (base) => {
    await withBuiltins({ httpAllowPrivate: true }, async ({ run }) => {
      const result = resultOf(await run("http", { url: `${base}/large` })) as {
        truncated: boolean;
        body: string;
      };
      assert.equal(result.truncated, true);
      assert.ok(result.body.length > 10_000);
    });
  });
});

Deno.test("http ends a request at its own time-out and at the attempt's", async () => {
  await withServer(async (base) => {
    await withBuiltins({ httpAllowPrivate: true }, async ({ run }) => {
      const own = errorOf(await run("http", { url: `${base}/slow`, timeout: "30ms" }));
      assert.equal(own.name, "TimeoutError");
      assert.equal((await run("http", { url: `${base}/slow` }, { timeoutMs: 30 })).kind, "timeout");
    });
  });
});

Deno.test("http refuses addresses that are not public, by number, by name and by redirect", async () => {
  await withServer(async (base, seen) => {
    const port = new URL(base).port;
    await withBuiltins({}, async ({ run }) => {
      for (
        const host of ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0"]
      ) {
        const outcome = errorOf(await run("http", { url: `http://${host}:${port}/` }));
        assert.equal(outcome.name, "AddressRefusedError", host);
        assert.equal(outcome.retryable, false);
      }
      assert.equal(seen.length, 0);
    });
  });
});

Deno.test("command runs an allowed program without a shell, in a clean environment", async () => {
  await withBuiltins({ commandAllow: ["env", "cat", "printf", "/bin/sh"] }, async ({ run }) => {
    const shown = resultOf(await run("command", { argv: ["printf", "%s", "$HOME; ls"] }));
    assert.deepEqual(shown, { code: 0, stdout: "$HOME; ls", stderr: "" });
    const { stdout } = resultOf(await run("command", { argv: ["env"], env: { A: "b" } })) as {
      stdout: string;
    };
    const names = stdout.trim().split("\n").map((line) => line.split("=")[0]).sort();
    assert.deepEqual(names, [
      "A",
      "ORRERY_ATTEMPT",
      "ORRERY_FENCE",
      "ORRERY_IDEMPOTENCY_KEY",
      "ORRERY_JOB_ID",
      "ORRERY_MARK",
      "PATH",
    ]);
    const fed = resultOf(await run("command", { argv: ["cat"], stdin: "fed" }));
    assert.deepEqual(fed, { code: 0, stdout: "fed", stderr: "" });
    const failed = errorOf(
      await run("command", { argv: ["/bin/sh", "-c", "echo why >&2; exit 3"] }),
    );
    assert.equal(failed.name, "CommandFailed");
    assert.match(failed.message, /code 3: why/);
  });
});

Deno.test("command refuses what is not allowed", async () => {
  await withBuiltins({ commandAllow: ["cat"] }, async ({ run }) => {
    for (const program of ["sh", "/bin/cat", "./cat", "CAT"]) {
      const refused = errorOf(await run("command", { argv: [program] }));
      assert.equal(refused.name, "CommandRefusedError", program);
      assert.equal(refused.retryable, false);
    }
    const preload = await run("command", { argv: ["cat"], env: { LD_PRELOAD: "/tmp/x.so" } });
    assert.equal(errorOf(preload).name, "CommandRefusedError");
  });
});

Deno.test("command bounds what a program prints", async () => {
  await withBuiltins({ commandAllow: ["/bin/sh"] }, async ({ run }) => {
    const { stdout } = resultOf(
      await run("command", { argv: ["/bin/sh", "-c", "head -c 5000000 /dev/zero"] }),
    ) as { stdout: string };
    assert.match(stdout, /more, cut\]$/);
  });
});

Deno.test("command kills grandchildren too, in their own sessions as well", async () => {
  await withBuiltins({ commandAllow: ["/bin/sh"] }, async ({ run }) => {
    const script = "setsid sleep 987 & sleep 986 & sleep 985";
    const outcome = await run("command", { argv: ["/bin/sh", "-c", script] }, { timeoutMs: 300 });
    assert.equal(outcome.kind, "timeout");
    const deadline = Date.now() + 2_000;
    let left = await sleepers();
    while (left.length > 0 && Date.now() < deadline) left = await sleepers();
    assert.deepEqual(left, []);
  });
});

/** Command lines of the processes that the test above starts. */
async function sleepers(): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eo", "args"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => /^sleep 98[567]/.test(line));
}
