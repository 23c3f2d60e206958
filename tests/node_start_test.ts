import assert from "node:assert/strict";
import { Client } from "./support/client.ts";
import { NodeProcess } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

/** The promise is 2 s on an idle machine with cached packages; a busy one gets more. */
const READY_MS_MAX = 8_000;

/** Runs the program until it ends by itself, in an empty folder. */
async function run(args: readonly string[], config?: unknown) {
  await using workspace = await Workspace.create();
  await Deno.remove(workspace.path("cluster.json"));
  if (config !== undefined) {
    await Deno.writeTextFile(workspace.path("cluster.json"), JSON.stringify(config));
  }
  await using node = NodeProcess.launch({ cwd: workspace.dir, args });
  const { code } = await node.exit();
  return { code, errors: node.errors, lines: node.lines };
}

Deno.test("a node prints one ready line that tells its address and name, within 2 s", async () => {
  await using workspace = await Workspace.create({ handlers: ["greet"] });
  const node = workspace.launch({ args: ["--id", "alpha"] });
  const ready = await node.ready();
  console.log(`ready after ${node.readyMs.toFixed(0)} ms`);
  assert.ok(node.readyMs < READY_MS_MAX, `ready after ${node.readyMs} ms`);
  assert.equal(ready.event, "node.ready");
  assert.equal(ready.node, "alpha");
  assert.equal(ready.level, "info");
  assert.match(String(ready.http), /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  assert.ok(Math.abs(Date.parse(String(ready["@timestamp"])) - Date.now()) < 60_000);
  const answers = await Promise.all(["/healthz", "/readyz"].map((path) => fetch(node.url + path)));
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  await Promise.all(answers.map((answer) => answer.body?.cancel()));
  assert.equal(node.lines.filter(({ event }) => event === "node.ready").length, 1);
});

Deno.test("a node started a second time on its store is ready as quickly", async () => {
  await using workspace = await Workspace.create({ handlers: ["greet"] });
  const first = await workspace.start();
  assert.deepEqual(await first.end(), { code: 0, signal: null });
  const second = await workspace.start();
  console.log(`ready again after ${second.readyMs.toFixed(0)} ms`);
  assert.ok(second.readyMs < READY_MS_MAX);
});

Deno.test("wrong configuration ends with 2 and names every problem with its path", async () => {
  const { code, errors, lines } = await run(["--slots", "many", "--nonsense", "--log-level=loud"], {
    node: { weight: "heavy", colour: "blue" },
    queues: { mail: { concurrency: 0 } },
    retention: { completed: "soon" },
    surplus: true,
  });
  assert.equal(code, 2);
  const paths = [
    "--slots",
    "--nonsense",
    "--log-level",
    "node.weight",
    "node.colour",
    "queues.mail.concurrency",
    "retention.completed",
    "surplus",
  ];
  for (const path of paths) assert.ok(errors.includes(`  ${path}: `), `${path} in:\n${errors}`);
  assert.match(errors, /has 8 problems/);
  assert.deepEqual(lines, []);
});

Deno.test("an unknown flag and a missing file are refused with 2", async () => {
  const flag = await run(["--hanlders", "x"]);
  assert.equal(flag.code, 2);
  assert.match(flag.errors, /--hanlders: unknown/);
  const file = await run(["--config", "nowhere.json"]);
  assert.equal(file.code, 2);
  assert.match(file.errors, /nowhere\.json: there is no such file/);
});

Deno.test("a cluster without a store that its nodes share, or without keys, is refused", async () => {
  const alone = await run(["--peer", "127.0.0.1:7400"]);
  assert.equal(alone.code, 2);
  assert.match(alone.errors, /--peer: nodes of a cluster share one store/);
  const open = await run(["--peer", "0.0.0.0:7400", "--store", "redis://127.0.0.1:6379"]);
  assert.equal(open.code, 2);
  assert.match(open.errors, /--peer: other machines can reach .*security.curve/);
  const seeds = await run(["--seeds", "127.0.0.1:7401"]);
  assert.equal(seeds.code, 2);
  assert.match(seeds.errors, /--seeds: .*--peer/);
});

Deno.test("an address that others can reach is refused without keys", async () => {
  const { code, errors } = await run(["--http", "0.0.0.0:0"]);
  assert.equal(code, 2);
  assert.match(errors, /--http: other machines can reach/);
});

Deno.test("--help prints the flags and ends with 0", async () => {
  const { code, lines } = await run(["--help"]);
  assert.equal(code, 0);
  assert.ok(lines.some(({ message }) => String(message).includes("--store URL")));
});

Deno.test("flags come before variables, and those before the file", async () => {
  await using workspace = await Workspace.create({ config: { node: { id: "from-file" } } });
  const env = { ORRERY_ID: "from-variable" };
  const byFlag = workspace.launch({ env, args: ["--id", "from-flag"] });
  assert.equal((await byFlag.ready()).node, "from-flag");
  await byFlag.end();
  const byVariable = workspace.launch({ env });
  assert.equal((await byVariable.ready()).node, "from-variable");
  await byVariable.end();
  const byFile = workspace.launch();
  assert.equal((await byFile.ready()).node, "from-file");
});

Deno.test("an address in use ends with a line that says so", async () => {
  await using workspace = await Workspace.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--http", `127.0.0.1:${listener.addr.port}`, "--store", "sqlite:own.db"];
  await using node = NodeProcess.launch({ cwd: workspace.dir, args });
  assert.equal((await node.exit()).code, 1);
  const failed = node.lines.find(({ event }) => event === "node.failed");
  assert.match(String(failed?.message), /in use|AddrInUse/i);
});

Deno.test("a second node on the same store says that it is held, and takes over when it is free", async () => {
  await using workspace = await Workspace.create();
  const first = await workspace.start();
  const port = freePort();
  const second = workspace.launch({ args: ["--http", `127.0.0.1:${port}`], http: false });
  const line = await second.line(({ level }) => level === "error", { what: "the complaint" });
  assert.match(JSON.stringify(line), /another process holds this store/);
  const waiting = new Client(() => `http://127.0.0.1:${port}`);
  assert.equal((await waiting.request("/healthz")).status, 200);
  const readiness = await waiting.request<{ reasons: string[] }>("/readyz");
  assert.deepEqual([readiness.status, readiness.body.reasons], [503, ["store: not open yet"]]);
  const refused = await waiting.post({ name: "noop" });
  assert.equal(refused.status, 503);
  assert.ok(refused.headers.has("retry-after"));
  assert.equal((await new Client(() => first.url).request("/readyz")).status, 200);
  await first.end("SIGKILL");
  await second.ready();
  const job = await waiting.submit({ name: "noop" });
  assert.equal((await waiting.finish(job.id)).state, "completed");
});

Deno.test("a node that still waits for its store ends with 0 at the first SIGTERM", async () => {
  await using workspace = await Workspace.create();
  await workspace.start();
  const second = workspace.launch();
  await second.line(({ level }) => level === "error", { what: "the complaint" });
  assert.deepEqual(await second.end("SIGTERM"), { code: 0, signal: null });
});

/** A port that is free now; whoever takes it first has it. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("a store with another number of shards, or of another program, is refused at start", async () => {
  await using workspace = await Workspace.create();
  const first = await workspace.start();
  await first.end();
  await workspace.configure({ shards: 128 });
  const second = workspace.launch();
  assert.equal((await second.exit()).code, 1);
  assert.match(JSON.stringify(second.lines), /created with 256 shards and is now opened with 128/);
  await Deno.writeTextFile(workspace.path("notes.db"), "this is no database ".repeat(500));
  await workspace.configure({});
  const third = workspace.launch({ store: `sqlite:${workspace.path("notes.db")}` });
  assert.equal((await third.exit()).code, 1);
  assert.match(JSON.stringify(third.lines), /node\.failed/);
});
