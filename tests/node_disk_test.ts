import assert from "node:assert/strict";
import { Client } from "./support/client.ts";
import { eventually, pause } from "./support/eventually.ts";
import { Tmpfs } from "./support/tmpfs.ts";
import { Workspace } from "./support/workspace.ts";

const DISK_BYTES = 24 * 1024 * 1024;
const mayMount = await canMount();

async function canMount(): Promise<boolean> {
  await using tmpfs = await Tmpfs.mount(1024 * 1024);
  if (tmpfs === undefined) console.log("disk tests are skipped: this user can't mount a tmpfs");
  return tmpfs !== undefined;
}

Deno.test({
  name: "a full disk: submissions get 503, running jobs end, and nothing accepted is lost",
  ignore: !mayMount,
  fn: async () => {
    await using tmpfs = await Tmpfs.mount(DISK_BYTES);
    assert.ok(tmpfs);
    await using workspace = await Workspace.create({ handlers: ["ledger"] });
    const node = await workspace.start({ store: `sqlite:${tmpfs.dir}/orrery.db` });
    const client = new Client(() => node.url);
    const accepted: string[] = [];
    const submit = async () => {
      const answer = await client.post({
        name: "ledger",
        payload: { ms: 5, fill: "x".repeat(2_000) },
      });
      if (answer.status === 202) accepted.push(answer.body.id);
      return answer;
    };
    for (let count = 0; count < 20; count++) await submit();
    const running = await client.submit({ name: "ledger", payload: { ms: 1_500 } });
    const scheduled = await client.submit({ name: "ledger", delay: "3s" });
    accepted.push(running.id, scheduled.id);
    await client.reach(running.id, "running");

    await tmpfs.fill();
    const refused = await eventually(async () => {
      const answer = await submit();
      return answer.status === 202 ? undefined : answer;
    }, { what: "a refusal", withinMs: 20_000 });
    assert.equal(refused.status, 503);
    assert.match(refused.headers.get("content-type") ?? "", /application\/problem\+json/);
    assert.match(refused.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
    assert.match(refused.body.detail, /no space left/);
    const unready = await eventually(async () => {
      const answer = await client.request<{ reasons: string[] }>("/readyz");
      return answer.status === 503 ? answer : undefined;
    }, { what: "/readyz to say so", withinMs: 10_000 });
    assert.match(unready.body.reasons.join(), /full/);
    assert.equal((await client.request("/healthz")).status, 200);
    // Reads go on, and the handler that was under way comes to its end.
    assert.equal((await client.job(running.id)).id, running.id);
    await eventually(async () => {
      const lines = await workspace.ledger();
      return lines.some((line) => line.startsWith(`end ${running.id}`)) || undefined;
    }, { what: "the end of the running handler" });
    await pause(1_500);

    await tmpfs.empty();
    await eventually(async () => (await client.request("/readyz")).status === 200 || undefined, {
      what: "readiness with space",
      withinMs: 10_000,
    });
    assert.equal(
      (await eventually(async () => {
        const answer = await submit();
        return answer.status === 202 ? answer : undefined;
      }, { what: "a job taken again", withinMs: 5_000 })).status,
      202,
    );
    for (const id of accepted) {
      const job = await client.finish(id, 20_000);
      assert.equal(job.state, "completed", JSON.stringify(job));
      assert.equal(job.attempts.filter(({ outcome }) => outcome === "ok").length, 1);
    }
    const known = new Set((await client.list()).map(({ id }) => id));
    assert.deepEqual(new Set(accepted), known, "refused submissions left nothing behind");
    assert.equal((await node.end()).code, 0);
  },
});

Deno.test({
  name: "a node whose disk is full at its death finds everything after its restart",
  ignore: !mayMount,
  fn: async () => {
    await using tmpfs = await Tmpfs.mount(DISK_BYTES);
    assert.ok(tmpfs);
    await using workspace = await Workspace.create({ handlers: ["ledger"] });
    const store = `sqlite:${tmpfs.dir}/orrery.db`;
    const first = await workspace.serve({ store });
    const accepted: string[] = [];
    await tmpfs.fill();
    await eventually(async () => {
      const { status, body } = await first.client.post({
        name: "ledger",
        payload: { ms: 1, fill: "x".repeat(2_000) },
      });
      if (status === 202) accepted.push(body.id);
      return status === 503 || undefined;
    }, { what: "a refusal", withinMs: 20_000 });
    await first.node.end("SIGKILL");
    await tmpfs.empty();
    const { client } = await workspace.serve({ store });
    for (const id of accepted) assert.equal((await client.finish(id)).state, "completed");
  },
});

Deno.test({
  name:
    "a store on a read-only file system is refused with a clear line, and used once it is writable",
  ignore: !mayMount,
  fn: async () => {
    await using tmpfs = await Tmpfs.mount(DISK_BYTES);
    assert.ok(tmpfs);
    await using workspace = await Workspace.create({ handlers: ["ledger"] });
    const store = `sqlite:${tmpfs.dir}/orrery.db`;
    const first = await workspace.serve({ store });
    const { id } = await first.client.submit({ name: "ledger", delay: "2s" });
    await first.node.end("SIGKILL");
    assert.ok(await tmpfs.remount("ro"));
    const second = workspace.launch({ store });
    const line = await second.line(({ level }) => level === "error", { what: "the complaint" });
    assert.match(JSON.stringify(line), /read-only|can't be written/i);
    await tmpfs.remount("rw");
    const client = new Client(() => second.url);
    await second.ready();
    assert.equal((await client.finish(id)).state, "completed");
  },
});
