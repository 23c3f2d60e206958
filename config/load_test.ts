import assert from "node:assert/strict";
import sample from "../cluster.json" with { type: "json" };
import { describeProblems, loadConfig, type LoadOutcome } from "./load.ts";

interface Given {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The text of cluster.json; undefined: there is none. */
  readonly file?: string;
}

function load({ args = [], env = {}, file }: Given): LoadOutcome {
  return loadConfig({
    args,
    env,
    readFile: (path) => path === "cluster.json" || path === "other.json" ? file : undefined,
  });
}

function configOf(given: Given) {
  const outcome = load(given);
  assert.equal(outcome.kind, "config", JSON.stringify(outcome));
  return outcome.kind === "config" ? outcome.config : assert.fail();
}

function problemsOf(given: Given): string[] {
  const outcome = load(given);
  return outcome.kind === "problems"
    ? outcome.problems.map(({ path, message }) => `${path}: ${message}`)
    : [];
}

Deno.test("loadConfig() needs nothing at all", () => {
  const config = configOf({});
  assert.deepEqual(config.node.http, { host: "127.0.0.1", port: 8080 });
  assert.equal(config.store.url, "sqlite:./data/orrery.db");
  assert.equal(config.shards, 256);
  assert.equal(config.node.slots, 100);
  assert.deepEqual(config.retention, { completedMs: 259_200_000, failedMs: 1_209_600_000 });
  assert.equal(config.timings.drainTimeoutMs, 25_000);
});

Deno.test("loadConfig() reads the sample, which says nothing but the defaults", () => {
  assert.deepEqual(configOf({ file: JSON.stringify(sample) }), configOf({}));
});

Deno.test("loadConfig() takes a flag before a variable before the file (F1)", () => {
  const file = JSON.stringify({ node: { id: "file", slots: 1 }, log: { level: "error" } });
  const env = { ORRERY_ID: "env", ORRERY_SLOTS: "2" };
  const config = configOf({ file, env, args: ["--id", "flag"] });
  assert.equal(config.node.id, "flag");
  assert.equal(config.node.slots, 2);
  assert.equal(config.log.level, "error");
});

Deno.test("loadConfig() freezes all of it (F3)", () => {
  const config = configOf({ file: '{"queues": {"mail": {"concurrency": 2}}}' });
  for (
    const part of [config, config.node, config.node.roles, config.queues, config.queues["mail"]]
  ) {
    assert.ok(Object.isFrozen(part));
  }
});

Deno.test("loadConfig() reports every problem at once, where it was written (F2)", () => {
  const problems = problemsOf({
    file: JSON.stringify({
      node: { id: "", zz: 1 },
      bogus: {},
      retention: { completed: "3 days" },
      executors: { heapMiB: 1, http: { allowPrivate: "yes" } },
      queues: { "a b": {}, ok: { concurrency: 0 } },
    }),
    env: { ORRERY_WORKERS: "many" },
    args: ["--http", "nowhere", "--bad"],
  });
  const paths = problems.map((problem) => problem.slice(0, problem.indexOf(": ")));
  assert.deepEqual(paths.sort(), [
    "--bad",
    "--http",
    "ORRERY_WORKERS",
    "bogus",
    "executors.heapMiB",
    "executors.http.allowPrivate",
    "node.id",
    "node.zz",
    "queues.a b",
    "queues.ok.concurrency",
    "retention.completed",
  ]);
});

Deno.test("loadConfig() refuses fields named like a prototype, wherever they are", () => {
  const file =
    '{"__proto__": 1, "queues": {"__proto__": {}}, "node": {"constructor": 1, "seeds": []}}';
  assert.deepEqual(problemsOf({ file }).sort(), [
    "__proto__: unknown field",
    "node.constructor: unknown field",
    "queues.__proto__: unknown field",
  ]);
});

Deno.test("loadConfig() refuses a section that is none, also below a flag", () => {
  const problems = problemsOf({ file: '{"node": 5}', args: ["--id", "a"] });
  assert.deepEqual(problems, ["node: expected object, received number"]);
});

Deno.test("loadConfig() says what is wrong with the file itself", () => {
  assert.match(problemsOf({ file: "{" })[0] ?? "", /^cluster\.json: is not JSON: /);
  assert.deepEqual(problemsOf({ file: "[]" }), ["cluster.json: must hold one JSON object"]);
  assert.deepEqual(problemsOf({ args: ["--config", "gone.json"] }), [
    "gone.json: there is no such file",
  ]);
  const unreadable = loadConfig({
    args: [],
    env: {},
    readFile: () => {
      throw new Error("permission denied");
    },
  });
  assert.match(JSON.stringify(unreadable), /can't be read: Error: permission denied/);
});

Deno.test("loadConfig() reads the file that is named", () => {
  const file = '{"node": {"id": "b"}}';
  assert.equal(configOf({ file, env: { ORRERY_CONFIG: "other.json" } }).node.id, "b");
});

Deno.test("loadConfig() reads durations in every form and keeps them within bounds", () => {
  const drain = (value: unknown) => JSON.stringify({ timings: { drainTimeout: value } });
  for (const [value, ms] of [[1500, 1_500], ["2m", 120_000], ["PT30S", 30_000]] as const) {
    assert.equal(configOf({ file: drain(value) }).timings.drainTimeoutMs, ms);
  }
  assert.match(problemsOf({ file: drain("2d") })[0] ?? "", /must be from 0 to 86400000 ms/);
  assert.match(problemsOf({ file: drain(true) })[0] ?? "", /expected a duration/);
  assert.match(problemsOf({ file: drain(-1) })[0] ?? "", /not a duration/);
});

Deno.test("loadConfig() knows store URLs", () => {
  for (const url of ["sqlite:/var/lib/o.db", "sqlite::memory:"]) {
    assert.equal(configOf({ args: ["--store", url] }).store.url, url);
  }
  for (const url of ["sqlite:", "./data/orrery.db", "postgres://x", "redis://"]) {
    const [problem] = problemsOf({ args: ["--store", url] });
    assert.match(problem ?? "", /^--store: must be sqlite:PATH/, url);
  }
});

Deno.test("loadConfig() answers --help whatever else is wrong", () => {
  const outcome = load({ args: ["--help", "--bad"], file: "{" });
  assert.equal(outcome.kind, "help");
});

Deno.test("describeProblems() lists them in one message", () => {
  const text = describeProblems([{ path: "node.id", message: "wrong" }, {
    path: "b",
    message: "c",
  }]);
  assert.equal(text, "The configuration has 2 problems:\n  node.id: wrong\n  b: c");
});
