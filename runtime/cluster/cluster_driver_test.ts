import assert from "node:assert/strict";
import { SESSION_TTL_MS } from "../limits.ts";
import { settle } from "../testing/virtual_clock.ts";
import { SHARDS, Town, type TownNode } from "./testing/town.ts";

const CAP_OF_3 = Math.ceil(1.1 * SHARDS / 3);

/** How many shards each boot owns. */
async function shares(town: Town): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const owner of await town.owners()) found[String(owner)] = (found[String(owner)] ?? 0) + 1;
  return found;
}

/** Waits in virtual time until `answer` is there. */
async function passing<Answer>(town: Town, answer: Promise<Answer>): Promise<Answer> {
  let done = false;
  void answer.then(() => done = true, () => done = true);
  for (let ms = 0; !done && ms < 10_000; ms += 5) await town.clock.pass(5);
  return await answer;
}

Deno.test("nodes that start together share the shards within their caps, each shard once", async () => {
  const town = new Town();
  const nodes = await town.settled("a1", "b1", "c1");
  const found = await shares(town);
  assert.deepEqual(Object.keys(found).sort(), ["a1", "b1", "c1"]);
  for (const [boot, count] of Object.entries(found)) {
    assert.ok(count <= CAP_OF_3, `${boot} ${count}`);
  }
  const owned = nodes.flatMap(({ system }) => system.owned());
  assert.equal(new Set(owned).size, SHARDS);
  assert.equal(owned.length, SHARDS);
  for (const { system } of nodes) {
    assert.deepEqual(system.readiness(), { ready: true, reasons: [] });
  }
});

Deno.test("an actor answers through every node, wherever it lives", async () => {
  const town = new Town();
  const nodes = await town.settled("a1", "b1", "c1");
  for (const [at, node] of nodes.entries()) {
    await passing(town, town.create(node, `x-${at}`));
    for (const other of nodes) await passing(town, town.add(other, `x-${at}`));
    assert.equal(await town.count(`x-${at}`), 3);
  }
  assert.equal(await passing(town, town.add(nodes[0]!, "nobody")), "missing");
});

Deno.test("a due actor is woken once, by its owner, whoever inserted it", async () => {
  const town = new Town();
  const nodes = await town.settled("a1", "b1", "c1");
  const [a, b] = nodes as [TownNode, TownNode];
  const now = await town.idOwnedBy("b1", "now");
  const soon = await town.idOwnedBy("c1", "soon");
  await passing(town, town.create(a, now, { wakeAtMs: town.clock.wallMs() }));
  await passing(town, town.create(a, soon, { wakeAtMs: town.clock.wallMs() + 3_000 }));
  await town.clock.pass(50);
  assert.deepEqual(b.effects, [`${now} woken`], "told, not found by a rescan");
  await town.clock.pass(5_000);
  assert.deepEqual(nodes.flatMap(({ effects }) => effects).sort(), [
    `${now} woken`,
    `${soon} woken`,
  ]);
  assert.deepEqual(nodes[2]?.effects, [`${soon} woken`]);
});

Deno.test("a killed node's shards have new owners within 5 s, and only its own moved (P7)", async () => {
  const town = new Town();
  const [a, b, c] = await town.settled("a1", "b1", "c1") as [TownNode, TownNode, TownNode];
  const id = await town.idOwnedBy("c1");
  const late = await town.idOwnedBy("c1", "late");
  await passing(town, town.create(a, id));
  await passing(town, town.create(a, late, { wakeAtMs: town.clock.wallMs() + 1_000 }));
  const before = await town.owners();
  c.kill();
  await town.clock.pass(5_000);
  const after = await town.owners();
  assert.ok(!after.includes("c1") && !after.includes(null), JSON.stringify(await shares(town)));
  for (const [shard, owner] of before.entries()) {
    if (owner !== "c1") assert.equal(after[shard], owner, `shard ${shard}`);
  }
  assert.equal(await passing(town, town.add(b, id)), 1);
  await town.clock.pass(1_500);
  assert.deepEqual([...a.effects, ...b.effects], [`${late} woken`]);
});

Deno.test("a node that joins takes its share, and what is acknowledged meanwhile is never lost (P1, P5)", async () => {
  const town = new Town();
  const [a] = await town.settled("a1") as [TownNode];
  const ids = Array.from({ length: 20 }, (_, at) => `m-${at}`);
  for (const id of ids) await passing(town, town.create(a, id));
  const acknowledged = new Map<string, number>();
  const uncertain = new Map<string, number>();
  let busy = true;
  const load = async (node: TownNode, id: string): Promise<void> => {
    while (busy) {
      const answer = await town.add(node, id);
      if (typeof answer === "number") acknowledged.set(id, (acknowledged.get(id) ?? 0) + 1);
      else if (answer === "deadline") uncertain.set(id, (uncertain.get(id) ?? 0) + 1);
      await new Promise<void>((resume) => town.clock.after(7, resume));
    }
  };
  const loads = ids.map((id) => load(a, id));
  const b = town.start("b1");
  await town.clock.pass(6_000);
  loads.push(...ids.map((id) => load(b, id)));
  const c = town.start("c1");
  await town.clock.pass(6_000);
  busy = false;
  await passing(town, Promise.all(loads));
  const found = await shares(town);
  assert.ok(Object.values(found).every((count) => count <= CAP_OF_3), JSON.stringify(found));
  assert.equal(c.system.owned().length, found["c1"]);
  for (const id of ids) {
    const count = await town.count(id) ?? 0;
    const sure = acknowledged.get(id) ?? 0;
    assert.ok(sure > 100, `${id}: ${sure}`);
    assert.ok(
      count >= sure && count <= sure + (uncertain.get(id) ?? 0),
      `${id}: ${count} of ${sure}`,
    );
  }
});

Deno.test("a gossip partition in which all reach the store moves nothing (P5)", async () => {
  const town = new Town();
  await town.settled("a1", "b1", "c1");
  const before = await town.owners();
  town.cut.add("c1:1");
  await town.clock.pass(60_000);
  assert.deepEqual(await town.owners(), before);
  town.cut.clear();
  await town.clock.pass(30_000);
  assert.deepEqual(await town.owners(), before);
});

Deno.test("a node that no longer reaches the store starts nothing, and its shards move (P5)", async () => {
  const town = new Town();
  const [a, b, c] = await town.settled("a1", "b1", "c1") as [TownNode, TownNode, TownNode];
  const id = await town.idOwnedBy("c1");
  await passing(town, town.create(a, id, { wakeAtMs: town.clock.wallMs() + SESSION_TTL_MS }));
  c.weather = () => ({ fault: "unavailable" });
  await town.clock.pass(12_000);
  assert.deepEqual(c.effects, []);
  assert.ok(!(await town.owners()).includes("c1"), JSON.stringify(await shares(town)));
  assert.deepEqual([...a.effects, ...b.effects], [`${id} woken`]);
  c.weather = () => ({});
  await town.clock.pass(10_000);
  assert.ok(c.system.readiness().ready);
  assert.deepEqual((await town.owners()).filter((owner) => owner === null), []);
});

Deno.test("after an outage of the store every shard is where it was", async () => {
  const town = new Town();
  const nodes = await town.settled("a1", "b1", "c1");
  const before = await town.owners();
  for (const node of nodes) node.weather = () => ({ fault: "unavailable" });
  await town.clock.pass(8_000);
  for (const node of nodes) node.weather = () => ({});
  await town.clock.pass(5_000);
  assert.deepEqual(await town.owners(), before);
  for (const { system } of nodes) assert.ok(system.readiness().ready);
});

Deno.test("a node that drains hands over its shards before it ends", async () => {
  const town = new Town();
  const [a, b, c] = await town.settled("a1", "b1", "c1") as [TownNode, TownNode, TownNode];
  const id = await town.idOwnedBy("c1");
  await passing(town, town.create(a, id));
  c.cluster.drain();
  await town.clock.pass(2_000);
  assert.deepEqual(c.system.owned(), []);
  assert.equal(await passing(town, town.add(b, id)), 1);
  await passing(town, c.stop());
  await settle();
  assert.deepEqual(Object.keys(await shares(town)).sort(), ["a1", "b1"]);
});
