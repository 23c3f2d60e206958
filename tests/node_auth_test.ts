/** A real node that asks for keys: made by the command line, told apart, written down, and never printed. */
import assert from "node:assert/strict";
import { Issuer } from "../gateway/auth/testing/issuer.ts";
import { Client } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import type { NodeProcess } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

const CLI = new URL("../gateway/cli.ts", import.meta.url).pathname;
const PERMISSIONS = ["--allow-net", "--allow-env", "--allow-read"];

async function cli(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...PERMISSIONS, CLI, ...args],
    env: { NO_COLOR: "1", ...env },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** A key as `cli key create` makes it. */
async function makeKey(...args: string[]): Promise<{ key: string; entry: { name: string } }> {
  const { code, out, err } = await cli(["key", "create", "--json", ...args]);
  assert.equal(code, 0, err);
  return JSON.parse(out);
}

const asked = (client: Client, key: string, path: string, method = "GET") =>
  client.send<{ detail?: string }>(path, { method, headers: { authorization: `Bearer ${key}` } });

/** Everything that the node printed. */
const printed = (node: NodeProcess) => JSON.stringify(node.lines) + node.errors;

Deno.test("a node takes the keys that the command line makes, and writes down who changed what", async () => {
  const ci = await makeKey("--name", "ci", "--scopes", "read,write");
  const eye = await makeKey("--name", "eye", "--scopes", "read", "--namespaces", "red");
  await using workspace = await Workspace.create({
    config: { security: { keys: [ci.entry, eye.entry], audit: "file:audit.log" } },
  });
  const { node, client } = await workspace.serve();
  await Deno.writeTextFile(workspace.path("ci.key"), `${ci.key}\n`);
  const at = ["--url", node.url];
  const refused = await cli(["submit", "echo", ...at]);
  assert.deepEqual([refused.code, refused.out], [1, ""]);
  assert.match(refused.err, /401 A valid key is needed: send a key/);
  const withFile = ["--key-file", workspace.path("ci.key")];
  const made = await cli(["submit", "echo", '"s3cret"', "--id", "one", ...withFile, ...at]);
  assert.deepEqual([made.code, made.out.split(" ")[0]], [0, "one"], made.err);
  const shown = await cli(["get", "one", "--json", ...at], { ORRERY_KEY: ci.key });
  assert.equal(JSON.parse(shown.out).queue, "default");
  const hidden = await cli(["get", "one", ...at], { ORRERY_KEY: eye.key });
  assert.match(hidden.err, /404 .*there is no job one/);
  const forbidden = await cli(["cancel", "one", "--key", eye.key, ...at]);
  assert.match(forbidden.err, /403 The key does not allow this: .*scope write/);
  assert.equal((await asked(client, ci.key, "/queue/default", "PUT")).status, 403);
  for (const path of ["/healthz", "/readyz", "/docs"]) {
    assert.equal((await client.request(path)).status, 200);
  }
  const lines = await eventually(async () => {
    const all = await workspace.ledger("audit.log");
    return all.length >= 4 ? all.map((line) => JSON.parse(line)) : undefined;
  }, { what: () => "four lines of the audit log" });
  assert.deepEqual(
    lines.map(({ who, action, target, status, from }) => [who, action, target, status, from]),
    [
      [null, "submitJob", "/job", 401, "127.0.0.1"],
      ["ci", "submitJob", "/job/one", 202, "127.0.0.1"],
      ["eye", "cancelJob", "/job/one", 403, "127.0.0.1"],
      ["ci", "setQueue", "/queue/default", 403, "127.0.0.1"],
    ],
  );
  await node.end();
  const audit = (await workspace.ledger("audit.log")).join("\n");
  for (const { key } of [ci, eye]) {
    assert.ok(!printed(node).includes(key) && !audit.includes(key));
    assert.ok(
      ![refused, made, shown, hidden, forbidden].some(({ out, err }) => (out + err).includes(key)),
    );
  }
  assert.doesNotMatch(printed(node) + audit, /s3cret/);
});

Deno.test("SIGHUP makes a node go on in a new audit file", async () => {
  const ci = await makeKey("--name", "ci", "--scopes", "read,write");
  await using workspace = await Workspace.create({
    config: { security: { keys: [ci.entry], audit: "file:audit.log" } },
  });
  const { node, client } = await workspace.serve();
  const cancel = (id: string) => asked(client, ci.key, `/job/${id}`, "DELETE");
  const written = (file: string, wanted: string) =>
    eventually(async () => (await workspace.ledger(file)).join().includes(wanted) || undefined, {
      what: () => `${wanted} in ${file}`,
    });
  await cancel("before");
  await written("audit.log", "/job/before");
  await Deno.rename(workspace.path("audit.log"), workspace.path("audit.log.1"));
  const loads = () => node.lines.filter(({ message }) => message === "handlers loaded").length;
  const loaded = loads();
  node.signal("SIGHUP");
  await eventually(() => Promise.resolve(loads() > loaded || undefined), {
    what: () => "a reload",
  });
  await cancel("after");
  await written("audit.log", "/job/after");
  assert.equal((await workspace.ledger("audit.log")).length, 1);
});

Deno.test("where keys are asked for, the log is the audit log unless another is named", async () => {
  const ci = await makeKey("--name", "ci", "--scopes", "write");
  await using workspace = await Workspace.create({ config: { security: { keys: [ci.entry] } } });
  const { node, client } = await workspace.serve();
  assert.equal((await asked(client, ci.key, "/job/none", "DELETE")).status, 404);
  const line = await node.line(({ event }) => event === "audit", {
    what: "a line of the audit log",
  });
  assert.deepEqual([
    line["user.name"],
    line["action"],
    line["http.response.status_code"],
    line["event.outcome"],
  ], ["ci", "cancelJob", 404, "failure"]);
});

Deno.test("a node that asks for keys may listen beyond its machine, and takes tokens of an issuer", async () => {
  const issuer = await Issuer.create();
  const jwt = { jwks: "keys.json", issuer: "https://id.example", audience: "orrery" };
  await using workspace = await Workspace.create({
    config: { security: { jwt }, node: { http: "0.0.0.0:0" } },
  });
  await Deno.writeTextFile(workspace.path("keys.json"), await issuer.keySet());
  const node = await workspace.start({ http: false });
  const url = node.url.replace("0.0.0.0", "127.0.0.1");
  const client = new Client(() => url);
  const claims = {
    ...{ iss: jwt.issuer, aud: jwt.audience, sub: "alice", scope: "orrery:read" },
    exp: Math.floor(Date.now() / 1_000) + 60,
  };
  for (const algorithm of ["RS256", "ES256", "EdDSA"] as const) {
    const token = await issuer.sign(claims, algorithm);
    assert.equal((await asked(client, token, "/jobs")).status, 200);
    assert.equal((await asked(client, token, "/job/x", "DELETE")).status, 403);
  }
  const late = await issuer.sign({ ...claims, exp: claims.exp - 3_600 });
  const answer = await asked(client, late, "/jobs");
  assert.deepEqual([answer.status, answer.body.detail], [401, "the token has expired"]);
  assert.equal((await client.request("/jobs")).status, 401);
  assert.ok(!printed(node).includes(late));
});

Deno.test("an audit file that cannot be had ends the start with a line that says so", async () => {
  await using workspace = await Workspace.create({
    config: { security: { audit: "file:no/such/folder/audit.log" } },
  });
  const node = workspace.launch();
  assert.equal((await node.exit()).code, 1);
  assert.match(JSON.stringify(node.lines), /node\.failed/);
  assert.match(printed(node), /audit\.log/);
});
