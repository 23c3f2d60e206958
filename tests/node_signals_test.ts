import assert from "node:assert/strict";
import { eventually } from "./support/eventually.ts";
import { isAlive } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal} drains: running attempts finish, new work is refused, the exit code is 0`, async () => {
    await using workspace = await Workspace.create({ handlers: ["ledger"] });
    const { node, client } = await workspace.serve();
    const running = await client.submit({ name: "ledger", payload: { ms: 1_500 } });
    await client.reach(running.id, "running");
    await eventually(async () => (await workspace.ledger()).length > 0 || undefined, {
      what: "the handler's start",
    });
    node.signal(signal);
    await node.line(({ event }) => event === "node.draining", { what: "the drain" });
    const refused = await client.post({ name: "ledger" });
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("content-type") ?? "", /application\/problem\+json/);
    assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
    const readyz = await client.request<{ reasons: string[] }>("/readyz");
    assert.equal(readyz.status, 503);
    assert.deepEqual(readyz.body.reasons, ["draining"]);
    assert.equal((await client.request("/healthz")).status, 200);
    assert.equal((await client.job(running.id)).state, "running");
    assert.deepEqual(await node.exit(), { code: 0, signal: null });
    assert.deepEqual((await workspace.ledger()).map((line) => line.split(" ")[0]), [
      "start",
      "end",
    ]);
    assert.ok(node.lines.some(({ event }) => event === "node.stopped"));

    const { client: again } = await workspace.serve();
    const finished = await again.job(running.id);
    assert.equal(finished.state, "completed");
    assert.deepEqual(finished.attempts.map(({ outcome }) => outcome), ["ok"]);
  });
}

Deno.test("a drain starts no job that becomes due meanwhile; the next start runs it", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const { node, client } = await workspace.serve();
  const running = await client.submit({ name: "ledger", payload: { ms: 1_500 } });
  const later = await client.submit({ name: "ledger", delay: "700ms" });
  await client.reach(running.id, "running");
  assert.equal((await node.end()).code, 0);
  const { client: again } = await workspace.serve();
  const ended = await again.finish(later.id);
  assert.equal(ended.state, "completed");
  assert.deepEqual(ended.attempts.map(({ outcome }) => outcome), ["ok"]);
});

Deno.test("a drain interrupts what runs beyond drainTimeout; it is repeated and costs no attempt", async () => {
  const config = { timings: { drainTimeout: "1s" } };
  await using workspace = await Workspace.create({ handlers: ["ledger"], config });
  const { node, client } = await workspace.serve();
  const job = await client.submit({
    name: "ledger",
    payload: { ms: 6_000 },
    retry: { attempts: 1 },
  });
  await client.reach(job.id, "running");
  const sentMs = performance.now();
  assert.equal((await node.end()).code, 0);
  const tookMs = performance.now() - sentMs;
  assert.ok(tookMs > 900 && tookMs < 5_500, `ended after ${tookMs} ms`);
  const { client: again } = await workspace.serve();
  const ended = await again.finish(job.id);
  assert.equal(ended.state, "completed");
  assert.deepEqual(ended.attempts.map(({ outcome }) => outcome), ["interrupted", "ok"]);
  assert.deepEqual(ended.attempts.map(({ number }) => number), [1, 1]);
});

Deno.test("a second signal ends the node at once, and its hosts with it", async () => {
  await using workspace = await Workspace.create({ handlers: ["ledger"] });
  const { node, client } = await workspace.serve();
  const job = await client.submit({ name: "ledger", payload: { ms: 30_000 } });
  await client.reach(job.id, "running");
  const hosts = await node.children();
  assert.ok(hosts.length > 0);
  node.signal("SIGTERM");
  await node.line(({ event }) => event === "node.draining", { what: "the drain" });
  const sentMs = performance.now();
  const { code } = await node.end("SIGTERM");
  assert.equal(code, 1);
  assert.ok(performance.now() - sentMs < 2_000);
  await eventually(async () => {
    const alive = await Promise.all(hosts.map(isAlive));
    return alive.includes(true) ? undefined : true;
  }, { what: `the end of the hosts ${hosts}` });
});

Deno.test("a drain asked for over HTTP ends the node with 0", async () => {
  await using workspace = await Workspace.create();
  const { node, client } = await workspace.serve();
  assert.equal((await client.send("/cluster/node/a/drain")).status, 202);
  assert.equal((await node.exit()).code, 0);
});

Deno.test("SIGHUP loads a new handler, and the job that waited for it runs", async () => {
  await using workspace = await Workspace.create();
  const { node, client } = await workspace.serve();
  const job = await client.submit({ name: "greet", payload: { to: "Ada" } });
  const parked = await client.until(job.id, ({ waiting }) => waiting !== null, { what: "waits" });
  assert.equal(parked.state, "pending");
  assert.equal(parked.waiting?.reason, "handler-unknown");
  assert.match(parked.waiting?.detail ?? "", /"greet"/);
  assert.deepEqual([parked.attempt, parked.attempts.length], [0, 0]);

  await workspace.addHandler("greet");
  node.signal("SIGHUP");
  const done = await client.reach(job.id, "completed");
  assert.deepEqual(done.result, { greeting: "Hello, Ada!" });
  assert.deepEqual(done.attempts.map(({ outcome }) => outcome), ["ok"]);
});

Deno.test("SIGHUP puts a handler's changed code to use; a running attempt ends with the old one", async () => {
  const version = (number: number) =>
    `export default { name: "versioned", async run(ctx, { ms }) {
       await new Promise((resume) => setTimeout(resume, ms));
       return ${number};
     } };`;
  await using workspace = await Workspace.create();
  await workspace.writeHandler("versioned", version(1));
  const { node, client } = await workspace.serve();
  const old = await client.submit({ name: "versioned", payload: { ms: 2_500 } });
  await client.reach(old.id, "running");
  await workspace.writeHandler("versioned", version(2));
  node.signal("SIGHUP");
  await eventually(() => {
    const loads = node.lines.filter(({ message }) => message === "handlers loaded").length;
    return loads >= 2 || undefined;
  }, { what: "the reload" });
  const fresh = await client.submit({ name: "versioned", payload: { ms: 0 } });
  assert.equal((await client.reach(fresh.id, "completed")).result, 2);
  const ended = await client.reach(old.id, "completed");
  assert.equal(ended.result, 1);
  assert.equal(ended.attempts.length, 1);
});

Deno.test("a broken handler file is told of, and the others go on", async () => {
  await using workspace = await Workspace.create({ handlers: ["greet"] });
  const { node, client } = await workspace.serve();
  await workspace.writeHandler("broken", "export default { name: 'broken', run: 1, surplus: 2 };");
  await workspace.writeHandler("syntax", "export default {{{");
  node.signal("SIGHUP");
  const told = (file: string) =>
    node.line((line) => line.file === file && line.level !== "info", { what: file });
  assert.match(JSON.stringify(await told("broken.ts")), /`run` must be a function/);
  await told("syntax.ts");
  const job = await client.submit({ name: "greet", payload: { to: "Bo" } });
  assert.equal((await client.finish(job.id)).state, "completed");
});

Deno.test("SIGHUP removes a handler that is gone; its next job waits", async () => {
  await using workspace = await Workspace.create({ handlers: ["greet"] });
  const { node, client } = await workspace.serve();
  await Deno.remove(workspace.path("handlers/greet.ts"));
  node.signal("SIGHUP");
  await eventually(async () => {
    const { body } = await client.request<{ handlers: { name: string }[] }>("/handlers");
    return body.handlers.some(({ name }) => name === "greet") ? undefined : true;
  }, { what: "a list without the handler" });
  const job = await client.submit({ name: "greet", payload: { to: "Cy" } });
  const parked = await client.until(job.id, ({ waiting }) => waiting !== null, { what: "waits" });
  assert.equal(parked.waiting?.reason, "handler-unknown");
});
