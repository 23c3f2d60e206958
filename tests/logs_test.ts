import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { hasRedis } from "../tools/redis.ts";
import { ClusterRig } from "./support/cluster_rig.ts";
import { ecsProblems } from "./support/ecs.ts";
import { readPipeline } from "./support/logstash.ts";
import type { NodeProcess } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

const DEPLOY = new URL("../deploy/logs/", import.meta.url);
const DEBUG = ["--log-level", "debug"];
const KEY = "a-key-of-thirty-two-characters-or";
const UNCAUGHT = {
  thrower: 'setTimeout(() => { throw new TypeError("late"); });',
  breaker: 'void Promise.reject(new TypeError("unheard"));',
};
const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

/** What our examples for shippers make of a line before they read it as JSON. */
interface Rewrite {
  readonly pattern: RegExp;
  /** In JavaScript's words. */
  readonly replacement: string;
}

async function filebeatRewrite(): Promise<Rewrite> {
  interface Config {
    readonly processors: readonly {
      readonly replace?: {
        readonly fields: readonly { field: string; pattern: string; replacement: string }[];
      };
    }[];
  }
  const config = parse(await Deno.readTextFile(new URL("filebeat.yml", DEPLOY))) as Config;
  const [{ field, pattern, replacement } = assert.fail("no rewriting")] = config.processors.flatMap(
    ({ replace }) => replace?.fields ?? [],
  );
  assert.equal(field, "message");
  return { pattern: new RegExp(pattern, "g"), replacement };
}

async function logstashRewrite(): Promise<Rewrite> {
  const { filter } = readPipeline(await Deno.readTextFile(new URL("logstash.conf", DEPLOY)));
  const gsub = filter.map(({ options }) => options["gsub"]).find((value) => value !== undefined);
  assert.ok(Array.isArray(gsub) && gsub.length === 3);
  const [field, pattern, replacement] = gsub;
  assert.equal(field, "message");
  return { pattern: new RegExp(pattern, "g"), replacement: replacement.replace("\\1", "$1") };
}

const REWRITES = { filebeat: await filebeatRewrite(), logstash: await logstashRewrite() };

/** Every line is in the schema as it is, and the ready line after what shippers make of it. */
function assertEcs(node: NodeProcess, least: number): void {
  assert.ok(node.texts.length >= least, `${node.texts.length} lines of ${least}`);
  for (const text of node.texts) {
    const isReady = text.includes('"event":"node.ready"');
    if (!isReady) assert.deepEqual(ecsProblems(text), [], text);
    for (const [shipper, { pattern, replacement }] of Object.entries(REWRITES)) {
      const shipped = text.replace(pattern, replacement);
      assert.deepEqual(ecsProblems(shipped), [], `${shipper}: ${shipped}`);
      assert.equal(shipped !== text, isReady, shipper);
    }
  }
}

/** The value of a field in the first line that says `event`. */
function said(node: NodeProcess, { event, field }: { event: string; field: string }): unknown {
  return node.lines.find((line) => line.event === event)?.[field];
}

Deno.test("every line of a node is in the Elastic Common Schema: at its start, at work, at its stop", async () => {
  await using workspace = await Workspace.create({ handlers: ["hostile/quit"] });
  await workspace.writeHandler("broken", "this is no module {");
  const { node, client } = await workspace.serve({ args: [...DEBUG, "--id", "n1"] });
  const { id } = await client.submit({ name: "quit", retry: { attempts: 1 } });
  await client.reach(id, "failed");
  node.signal("SIGHUP");
  await node.line(() => node.lines.filter(({ event }) => event === "handlers.loaded").length > 1, {
    what: "a reload",
  });
  await node.end();
  assertEcs(node, 8);
  assert.equal(said(node, { event: "node.stopped", field: "service.node.name" }), "n1");
  assert.equal(said(node, { event: "handlers.unusable", field: "file" }), "broken.ts");
  const ready = node.texts.find((text) => text.includes("node.ready")) ?? "";
  const { pattern, replacement } = REWRITES.filebeat;
  const shipped = JSON.parse(ready.replace(pattern, replacement));
  assert.equal(shipped["event.action"], "node.ready");
  assert.equal(shipped["url.full"], node.url);
  assert.equal(shipped["service.node.name"], "n1");
});

Deno.test("every line of a node that fails is in the Elastic Common Schema, with its error", async () => {
  await using workspace = await Workspace.create();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--http", `127.0.0.1:${listener.addr.port}`];
  const node = workspace.launch({ args, http: false });
  assert.equal((await node.exit()).code, 1);
  assertEcs(node, 1);
  assert.match(String(said(node, { event: "node.failed", field: "error.message" })), /in use/);
  assert.match(
    String(said(node, { event: "node.failed", field: "error.stack_trace" })),
    /\n {4}at /,
  );
  assert.equal(node.errors, "");
});

Deno.test("what nobody catches is a line in the schema, and the node's last", async () => {
  await using workspace = await Workspace.create();
  for (const [name, act] of Object.entries(UNCAUGHT)) {
    await workspace.writeHandler(
      name,
      `export default { name: "${name}", isolation: "inline", run() { ${act} } };`,
    );
    const { node, client } = await workspace.serve({ store: `sqlite:${name}.db` });
    await client.post({ name }).catch(() => {});
    assert.equal((await node.exit()).code, 1);
    assertEcs(node, 3);
    assert.equal(node.errors, "");
    assert.equal(node.lines.at(-1)?.event, "node.failed");
    assert.equal(node.lines.at(-1)?.["error.type"], "TypeError");
  }
});

Deno.test("what an inline handler writes to the console is a line in the schema, without secrets", async () => {
  await using workspace = await Workspace.create();
  await workspace.writeHandler(
    "chatty",
    `export default { name: "chatty", isolation: "inline", run() {
       console.log("%s\\n{}", "two lines", { to: ["x"] });
       console.error(new Error("redis://me:hunter2@db"));
     } };`,
  );
  const { node, client } = await workspace.serve();
  const { id } = await client.submit({ name: "chatty" });
  await client.finish(id);
  await node.end();
  assertEcs(node, 6);
  assert.equal(node.errors, "");
  const said = node.lines.filter(({ event }) => event === "console");
  assert.deepEqual(said.map(({ level }) => level), ["info", "error"]);
  assert.equal(said[0]?.message, "two lines\n{} { to: [ 'x' ] }");
  assert.doesNotMatch(node.texts.join("\n"), /hunter2/);
});

Deno.test("a node whose store is out of reach says so in the schema, without the store's password", async () => {
  await using workspace = await Workspace.create();
  const node = workspace.launch({ store: "redis://me:s3cr@et-word@127.0.0.1:1/0", args: DEBUG });
  await node.line(({ event }) => event === "store.unreachable", { what: "the complaint" });
  assert.equal((await node.end()).code, 0);
  assertEcs(node, 1);
  assert.equal(said(node, { event: "store.unreachable", field: "error.code" }), "unavailable");
  assert.doesNotMatch(node.texts.join("\n") + node.errors, /s3cr|et-word/);
});

Deno.test("a line that is written for a request names its trace, and never its key", async () => {
  const sha256 = createHash("sha256").update(KEY).digest("hex");
  const keys = [{ name: "ci", sha256, scopes: ["write"] }];
  await using workspace = await Workspace.create({ config: { security: { keys } } });
  const { node, client } = await workspace.serve({
    env: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" },
  });
  await client.request("/job/none", {
    method: "DELETE",
    headers: {
      authorization: `Bearer ${KEY}`,
      traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01`,
    },
  });
  const line = await node.line(({ event }) => event === "audit", { what: "the audit's line" });
  assert.equal(line["trace.id"], TRACE_ID);
  assert.equal(line["user.name"], "ci");
  await node.end();
  assertEcs(node, 4);
  assert.ok(!node.texts.join("\n").includes(KEY));
});

Deno.test({
  name: "every line of nodes that lose one another is in the Elastic Common Schema",
  ignore: !await hasRedis(),
  fn: async () => {
    await using rig = await ClusterRig.start(["a", "b"], { args: { a: DEBUG, b: DEBUG } });
    const [a, b] = rig.nodes;
    assert.ok(a !== undefined && b !== undefined);
    await b.process.end("SIGKILL");
    await a.process.line((line) => line.event === "member.changed" && line["to"] === "dead", {
      what: "the other's death",
      withinMs: 20_000,
    });
    await a.process.end();
    for (const { process } of [a, b]) assertEcs(process, 3);
  },
});

Deno.test("what we give to users of Elasticsearch keeps our fields apart from the schema's", async () => {
  const text = await Deno.readTextFile(new URL("elasticsearch-template.json", DEPLOY));
  const template = JSON.parse(text);
  assert.deepEqual(template.template.mappings.properties, { orrery: { type: "flattened" } });
  const config = parse(await Deno.readTextFile(new URL("filebeat.yml", DEPLOY)));
  const stream = config.output ?? config["output.elasticsearch"];
  const pattern = new RegExp(`^${template.index_patterns[0].replace("*", ".*")}$`);
  assert.match(stream.index, pattern);
  const { input, filter, output } = readPipeline(
    await Deno.readTextFile(new URL("logstash.conf", DEPLOY)),
  );
  assert.deepEqual(input.map(({ name }) => name), ["file"]);
  assert.deepEqual(filter.map(({ name }) => name), ["mutate", "json", "mutate"]);
  const [{ options } = assert.fail("no output")] = output;
  const { data_stream_type: type, data_stream_dataset: dataset, data_stream_namespace: space } =
    options;
  assert.match(`${type}-${dataset}-${space}`, pattern);
});
