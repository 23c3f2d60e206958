import assert from "node:assert/strict";
import { COMMANDS } from "../gateway/cli/commands.ts";
import { execute } from "../gateway/cli/execute.ts";
import { PROCESS_WORLD } from "../gateway/cli/process_world.ts";
import { eventually } from "./support/eventually.ts";
import { nodeSuite, type SuiteContext } from "./support/suite.ts";

/** The commands that were tried. */
const tried = new Set<string>();

/** Runs a command against the suite's node, in this process. */
async function cli({ node }: SuiteContext, ...args: string[]) {
  const name = args.slice(0, 2).join(" ");
  tried.add(name in COMMANDS ? name : args[0]!);
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await execute([...args, "--url", node().url], {
    ...PROCESS_WORLD,
    status: null,
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
  }, { version: "1" });
  return { code, out: printed.join("\n"), err: complaints.join("\n") };
}

/** The same, which must end well; gives what it printed. */
async function done(context: SuiteContext, ...args: string[]): Promise<string> {
  const { code, out, err } = await cli(context, ...args);
  assert.equal(code, 0, `${args.join(" ")}: ${err}${out}`);
  return out;
}

nodeSuite("the command line", {
  handlers: ["greet", "talkative", "flaky"],
  config: { handlers: { dir: "handlers" } },
}, {
  "submits jobs and shows them": async (context) => {
    const line = await done(context, "submit", "greet", '{"to":"Ada"}', "--id", "j1", "--follow");
    assert.match(line, /^j1 {2}\w+ {2}greet/);
    assert.match(line, /completed {2}attempt 1$/);
    assert.match(await done(context, "get", "j1"), /^result +\{"greeting":"Hello, Ada!"\}$/m);
    assert.match(await done(context, "get", "j1"), /^ATTEMPT +OUTCOME[^\n]*\n1 +ok /m);
    assert.equal(JSON.parse(await done(context, "get", "j1", "--json")).state, "completed");
    assert.match(await done(context, "list", "--name", "greet"), /^ID [^\n]+\nj1 +completed/);
    assert.match(await done(context, "counts"), /default +1/);
    assert.match(await done(context, "handlers"), /^greet +module/m);
    assert.match(await done(context, "watch", "j1"), /completed/);
    const { code, err } = await cli(context, "submit", "greet", "--priority", "12");
    assert.deepEqual([code, err.includes("priority: ")], [1, true]);
  },

  "shows what a job logs, as it logs it": async (context) => {
    await done(context, "submit", "talkative", '{"ms":1}', "--id", "t1");
    const logged = await done(context, "logs", "t1", "--follow");
    assert.match(logged, /percent.*25[^]*console at 75/);
    assert.equal(await done(context, "logs", "t1"), logged);
  },

  "changes jobs, one and many": async (context) => {
    await done(context, "submit", "greet", '{"to":"B"}', "--id", "j2", "--delay", "1h");
    assert.match(await done(context, "cancel", "j2"), /^j2 {2}cancelled/);
    assert.equal((await cli(context, "cancel", "j2")).code, 1);
    await done(context, "retry", "j2", "--payload", '{"to":"C"}');
    await done(context, "submit", "greet", '{"to":"D"}', "--id", "j3", "--delay", "1h");
    await done(context, "run", "j3");
    await done(context, "watch", "j3");
    const plan = '{"plan":[{"name":"RangeError","message":"too far","retryable":false}]}';
    assert.equal((await cli(context, "submit", "flaky", plan, "--id", "f1", "--follow")).code, 1);
    assert.match(await done(context, "failed"), /^f1 +flaky +\S+ +RangeError: too far$/m);
    assert.match(await done(context, "retry-all", "--name", "flaky"), /1 matched {2}1 done/);
    await done(context, "submit", "greet", "{}", "--delay", "1h", "--tag", "later");
    assert.match(await done(context, "cancel-all", "--tag", "later"), /1 matched {2}1 done/);
  },

  "follows all jobs": async (context) => {
    const seen = cli(context, "watch", "--name", "echo", "--state", "completed", "--count", "1");
    let ended = false;
    void seen.then(() => ended = true);
    // A watcher sees what comes after it; that it is there, only its own end tells.
    while (!ended) await done(context, "submit", "echo", "1", "--follow");
    assert.match((await seen).out, /completed .* echo {2}default/);
  },

  "keeps queues, calendars and schedules": async (context) => {
    assert.match(await done(context, "queue", "mail", "--concurrency", "3"), /at most 3 at once/);
    await done(context, "calendar", "put", "de", "2027-12-25");
    assert.match(await done(context, "calendars"), /^de +api +1$/m);
    assert.equal(await done(context, "calendar", "get", "de"), "2027-12-25");
    const timing = ["--cron", "0 2 * * *", "--timezone", "Europe/Berlin", "--misfire", "catch-up"];
    const more = ["--misfire-window", "2h", "--misfire-max", "3", "--dst-gap", "skip"];
    const except = ["--dst-overlap", "both", "--exclude-calendar", "de"];
    await done(context, "schedule", "preview", ...timing, ...more, ...except);
    await done(context, "schedule", "create", "echo", "1", "--id", "s1", ...timing, ...more);
    const made = JSON.parse(await done(context, "schedule", "get", "s1", "--json"));
    assert.deepEqual(made.misfire, { policy: "catch-up", window: 7_200_000, max: 3 });
    assert.equal(made.dst.gap, "skip");
    assert.match(await done(context, "schedules"), /^s1 +active/m);
    assert.equal(
      (await done(context, "schedule", "next", "s1", "--count", "3")).split("\n").length,
      4,
    );
    assert.match(await done(context, "schedule", "pause", "s1", "--note", "why"), /paused/);
    assert.match(await done(context, "schedule", "resume", "s1"), /active/);
    assert.match(await done(context, "schedule", "trigger", "s1"), /^s1@/);
    const days = ["2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"];
    assert.match(await done(context, "schedule", "backfill", "s1", ...days), /^s1@2026-01-01/);
    assert.match(await done(context, "schedule", "occurrences", "s1"), /backfilled/);
    await done(context, "schedule", "delete", "s1");
    await done(context, "calendar", "delete", "de");
  },

  "applies schedules that are kept as files": async (context) => {
    const { workspace } = context;
    await Deno.mkdir(workspace.path("schedules"));
    const nightly = { id: "nightly", cron: "0 2 * * *", job: { name: "echo" } };
    await Deno.writeTextFile(workspace.path("schedules/a.json"), JSON.stringify(nightly));
    const apply = () => done(context, "apply", workspace.path("schedules"));
    assert.match(await apply(), /^nightly +created/m);
    assert.match(await apply(), /^nightly +unchanged/m);
  },

  "runs flows": async (context) => {
    const jobs = [{ key: "a", job: { name: "echo" } }];
    await done(context, "flow", "create", JSON.stringify({ jobs }), "--id", "fl");
    assert.match(await done(context, "flow", "get", "fl"), /^fl .*\n +a /);
    assert.match(await done(context, "flows"), /^fl /m);
    const later = [{ key: "a", job: { name: "echo", delay: "1h" } }];
    await done(context, "flow", "create", JSON.stringify({ jobs: later }), "--id", "fm");
    await done(context, "flow", "cancel", "fm");
    await eventually(
      async () => (await cli(context, "flow", "retry", "fm")).code === 0 || undefined,
      { what: "the cancelled flow can be retried" },
    );
  },

  "imports and measures": async (context) => {
    const { workspace } = context;
    const lines = Array.from(
      { length: 1_500 },
      (_, at) => JSON.stringify({ name: "noop", payload: at }),
    );
    await Deno.writeTextFile(workspace.path("jobs.ndjson"), lines.join("\n"));
    const file = workspace.path("jobs.ndjson");
    assert.match(await done(context, "import", file, "--id-prefix", "i-"), /^1500 accepted/);
    const again = await done(context, "import", file, "--id-prefix", "i-");
    assert.match(again, /^0 accepted {2}1500 there already/);
    const report = JSON.parse(await done(context, "bench", "--count", "500", "--json"));
    assert.deepEqual([report.jobs, report.failed], [500, 0]);
  },

  "is a program: streams, variables and exit codes": async ({ node, workspace }) => {
    const run = async (args: string[], input: string, env: Record<string, string> = {}) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--allow-all", "gateway/cli.ts", ...args],
        env: { ORRERY_URL: node().url, NO_COLOR: "1", ...env },
        ...{ stdin: "piped", stdout: "piped", stderr: "piped" },
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      return { code, out, err };
    };
    const submitted = await run(["submit", "echo", "-", "--follow"], '{"from":"stdin"}');
    assert.equal(submitted.code, 0, submitted.err);
    const imported = await run(["import", "-", "--json"], '{"name":"echo"}\n{"name":"echo"}\n');
    assert.equal(JSON.parse(imported.out).accepted, 2);
    assert.equal((await run(["get", "none"], "")).code, 1);
    assert.equal((await run(["get"], "")).code, 2);
    const nobody = await run(["get", "a"], "", { ORRERY_URL: "http://127.0.0.1:1" });
    assert.deepEqual([nobody.code, nobody.out], [3, ""]);
    const keyFile = workspace.path("cluster.key");
    assert.equal((await run(["keygen", keyFile], "")).code, 0);
    assert.match(await Deno.readTextFile(keyFile), /^secret = /m);
  },

  "makes, tries and deletes webhooks": async (context) => {
    const plain = await cli(context, "webhook", "create", "in", "http://example.com/in");
    assert.equal(plain.code, 1, "others could read along");
    const made = await done(context, "webhook", "create", "in", "https://example.com/in");
    assert.match(made, /^in +active .*\nwhsec_/);
    assert.match(await done(context, "webhooks"), /^ID .*\nin /);
    assert.match(await done(context, "webhook", "get", "in"), /^id +in$/m);
    assert.match(await done(context, "webhook", "pause", "in"), /^in +paused/);
    assert.match(await done(context, "webhook", "replay", "in", "--sequence", "1"), /^in /);
    assert.match(await done(context, "webhook", "resume", "in"), /^in /);
    assert.equal((await cli(context, "webhook", "test", "none")).code, 1);
    assert.match(await done(context, "webhook", "delete", "in"), /^in /);
  },

  "has tried every command": async (context) => {
    assert.match(await done(context, "nodes"), /^NODE +STATE/);
    assert.equal(await done(context, "alerts"), "");
    assert.equal((await cli(context, "alert", "get", "none")).code, 1);
    assert.equal((await cli(context, "alert", "silence", "none")).code, 1);
    assert.equal((await cli(context, "alert", "test", "none")).code, 1);
    assert.match(
      await done(context, "key", "create", "--name", "ci", "--scopes", "read"),
      /^orrery_/,
    );
    assert.match(await done(context, "completion", "bash"), /^complete -F _orrery orrery$/m);
    tried.add("keygen");
    // Last: the node leaves.
    const [id = ""] = (await done(context, "nodes")).split("\n")[1]!.split(" ");
    assert.match(await done(context, "drain", id), /draining/);
    assert.deepEqual(Object.keys(COMMANDS).filter((name) => !tried.has(name)), []);
  },
});

Deno.test("the command line compiles to one binary", async (test) => {
  const dir = await Deno.makeTempDir();
  const binary = `${dir}/orrery`;
  const run = async (command: string, ...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  };
  const flags = ["--allow-net", "--allow-env", "--allow-read", "--allow-write"];
  const compiled = await run(
    Deno.execPath(),
    ...["compile", ...flags, "--output", binary, "gateway/cli.ts"],
  );
  const missing = compiled.code !== 0 && /dl\.deno\.land/.test(compiled.text);
  await test.step({
    name: "and says its version",
    ignore: missing,
    fn: async () => {
      assert.equal(compiled.code, 0, compiled.text);
      assert.match((await run(binary, "--version")).text, /^\d+\.\d+\.\d+\n$/);
    },
  });
  if (missing) {
    console.log("skipped: dl.deno.land, where Deno's base for binaries is, can't be reached");
  }
  await Deno.remove(dir, { recursive: true });
});
