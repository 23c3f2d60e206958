import assert from "node:assert/strict";
import {
  ALONE_AFTER_MS,
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MIN_MS,
  SEEDS_RECHECK_MS,
} from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { type GossipWire, Membership } from "./membership_driver.ts";
import { bootOf, identityOf } from "./testing/people.ts";

type Handler = (message: unknown, from: string) => void;

/** A wire between nodes on one clock: what is sent arrives a millisecond later, unless its way is cut. */
class Town {
  readonly clock = new VirtualClock();
  readonly sent: { from: string; to: string; kind: unknown }[] = [];
  readonly cut = new Set<string>();
  readonly #handlers = new Map<string, Handler>();

  wire(address: string): GossipWire {
    return {
      send: (to, message) => {
        this.sent.push({ from: address, to, kind: (message as { kind: unknown }).kind });
        if (this.cut.has(address) || this.cut.has(to)) return;
        const text = JSON.stringify(message);
        this.clock.after(1, () => this.#handlers.get(to)?.(JSON.parse(text), address));
      },
      receive: (handler) => void this.#handlers.set(address, handler),
    };
  }

  hear(address: string, message: unknown): void {
    this.#handlers.get(address)?.(message, "stranger:1");
  }

  node(boot: string, seeds: readonly string[] = [], names: Record<string, readonly string[]> = {}) {
    const changes: string[] = [];
    const rivals: string[] = [];
    let seed = 1;
    const membership = new Membership({
      clock: this.clock,
      wire: this.wire(`${boot}:1`),
      identity: identityOf(boot),
      chance: () => (seed = seed * 16_807 % 2_147_483_647) / 2_147_483_647,
      seeds,
      resolve: (host) =>
        host in names ? Promise.resolve(names[host] ?? []) : Promise.resolve([host]),
      changed: ({ member, from, to }) => void changes.push(`${member.boot} ${from}→${to}`),
      superseded: (by) => void rivals.push(by.boot),
    });
    membership.start();
    const sees = () =>
      membership.members().slice(1).map(({ boot, state }) => `${boot} ${state}`).sort();
    return { membership, changes, rivals, sees, names };
  }
}

Deno.test("nodes find each other through a seed, and tell when that changes", async () => {
  const town = new Town();
  const a = town.node("a1");
  const b = town.node("b1", ["a1:1"]);
  const c = town.node("c1", ["a1:1"]);
  await town.clock.pass(2_000);
  assert.deepEqual(a.sees(), ["b1 alive", "c1 alive"]);
  assert.deepEqual(b.sees(), ["a1 alive", "c1 alive"]);
  assert.deepEqual(c.changes.sort(), ["a1 null→alive", "b1 null→alive"]);
  b.membership.describe({ draining: true });
  await town.clock.pass(1_000);
  assert.ok(a.changes.includes("b1 alive→draining"));
});

Deno.test("a node that fell silent is found dead by all within 4 s", async () => {
  const town = new Town();
  const [a, b, c] = [town.node("a1"), town.node("b1", ["a1:1"]), town.node("c1", ["a1:1"])];
  await town.clock.pass(2_000);
  c.membership.close();
  await town.clock.pass(4_000);
  assert.deepEqual(a.sees(), ["b1 alive", "c1 dead"]);
  assert.deepEqual(b.sees(), ["a1 alive", "c1 dead"]);
});

Deno.test("leave() is seen by all, and resolves when that is said", async () => {
  const town = new Town();
  const [a, b] = [town.node("a1"), town.node("b1", ["a1:1"])];
  await town.clock.pass(2_000);
  let left = false;
  void b.membership.leave().then(() => left = true);
  await town.clock.pass(1_000);
  assert.ok(left);
  assert.deepEqual(a.sees(), ["b1 left"]);
  await b.membership.leave();
});

Deno.test("a node whose seeds are silent asks again and again, ever more rarely (M1)", async () => {
  const town = new Town();
  town.node("b1", ["a1:1"]);
  const asked = () => town.sent.filter(({ to, kind }) => to === "a1:1" && kind === "sync").length;
  await town.clock.pass(JOIN_RETRY_MIN_MS * 3 + 10);
  assert.equal(asked(), 3);
  await town.clock.pass(60_000);
  assert.ok(asked() >= 60_000 / JOIN_RETRY_MAX_MS, `${asked()}`);
  const a = town.node("a1");
  await town.clock.pass(JOIN_RETRY_MAX_MS + 100);
  assert.deepEqual(a.sees(), ["b1 alive"]);
});

Deno.test("seeds' names are resolved at each attempt (M1)", async () => {
  const town = new Town();
  const names: Record<string, readonly string[]> = { "nodes.example": ["nowhere"] };
  const b = town.node("b1", ["nodes.example:1"], names);
  town.node("a1");
  await town.clock.pass(1_000);
  assert.deepEqual(b.sees(), []);
  names["nodes.example"] = ["a1", "c1"];
  await town.clock.pass(JOIN_RETRY_MAX_MS + 1_000);
  assert.deepEqual(b.sees(), ["a1 alive"]);
});

Deno.test("a name that cannot be resolved is asked again (M1)", async () => {
  const town = new Town();
  let known = false;
  const changes: string[] = [];
  const membership = new Membership({
    clock: town.clock,
    wire: town.wire("b1:1"),
    identity: identityOf("b1"),
    chance: () => 0.5,
    seeds: ["a1:1"],
    resolve: (host) => known ? Promise.resolve([host]) : Promise.reject(new Error("no such host")),
    changed: ({ member }) => void changes.push(member.boot),
    superseded: () => {},
  });
  membership.start();
  town.node("a1");
  await town.clock.pass(3_000);
  assert.deepEqual(changes, []);
  known = true;
  await town.clock.pass(JOIN_RETRY_MAX_MS + 1_000);
  assert.deepEqual(changes, ["a1"]);
});

Deno.test("two halves that never met find each other through a seed that was missing (M1)", async () => {
  const town = new Town();
  town.cut.add("a1:1");
  const a = town.node("a1", ["b1:1"]);
  const [b, c] = [town.node("b1", ["a1:1", "c1:1"]), town.node("c1", ["b1:1"])];
  await town.clock.pass(5_000);
  assert.deepEqual([a.sees(), b.sees()], [[], ["c1 alive"]]);
  town.cut.clear();
  await town.clock.pass(SEEDS_RECHECK_MS + 1_000);
  assert.deepEqual(c.sees(), ["a1 alive", "b1 alive"]);
});

Deno.test("garbage is counted and dropped (M2)", async () => {
  const town = new Town();
  const a = town.node("a1");
  for (const garbage of [null, 1, "x", [], {}, { kind: "ping" }, { kind: "sync", from: "x" }]) {
    town.hear("a1:1", garbage);
  }
  await settle();
  assert.equal(a.membership.counts.undecodable, 7);
  assert.deepEqual(a.sees(), []);
});

Deno.test("a node learns that another was started under its name", async () => {
  const town = new Town();
  town.node("b1");
  const old = town.node("a1", ["b1:1"]);
  await town.clock.pass(2_000);
  town.node("a2", ["b1:1"]);
  await town.clock.pass(2_000);
  assert.deepEqual(old.rivals, ["a2"]);
});

Deno.test("heard() and loaded() reach the machine, and a closed node sets no timers", async () => {
  const town = new Town();
  const [a, b] = [town.node("a1"), town.node("b1", ["a1:1"])];
  await town.clock.pass(2_000);
  b.membership.loaded({ running: 7, waiting: 1 });
  b.membership.heard(bootOf("a1"));
  await town.clock.pass(3_000);
  assert.deepEqual(a.membership.members()[1]?.load, { running: 7, waiting: 1 });
  assert.equal(a.membership.aloneForMs, 0);
  a.membership.close();
  b.membership.close();
  town.clock.advance(10);
  assert.equal(town.clock.timers, 0);
});

Deno.test("a node that lost sight of all others looks for them at once (M1)", async () => {
  const town = new Town();
  town.node("a1");
  const b = town.node("b1", ["a1:1"]);
  await town.clock.pass(2_000);
  town.cut.add("a1:1");
  for (let waited = 0; b.sees()[0] !== "a1 dead"; waited++) {
    assert.ok(waited < 10_000);
    town.sent.length = 0;
    await town.clock.pass(1);
  }
  assert.ok(town.sent.some(({ from, to, kind }) => `${from} ${to} ${kind}` === "b1:1 a1:1 sync"));
});

Deno.test("a node is alone for long when it lost the others or can't find them, not when it is meant to be", async () => {
  const town = new Town();
  const [a, b] = [town.node("a1", ["a1:1"]), town.node("b1", ["a1:1"])];
  const lost = town.node("c1", ["nowhere:1"]);
  const single = town.node("d1");
  await town.clock.pass(ALONE_AFTER_MS);
  const alone = () => [a, b, lost, single].map(({ membership }) => membership.aloneForLong);
  assert.deepEqual(alone(), [false, false, true, false]);
  town.cut.add("b1:1");
  await town.clock.pass(2 * ALONE_AFTER_MS);
  assert.deepEqual(alone(), [true, true, true, false]);
  town.cut.clear();
  await town.clock.pass(2_000 + JOIN_RETRY_MAX_MS);
  assert.deepEqual(alone(), [false, false, true, false]);
});
