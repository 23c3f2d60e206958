import assert from "node:assert/strict";
import { Random } from "../../sim/world/random.ts";
import type { NodeName } from "../ids.ts";
import {
  ALONE_AFTER_MS,
  HEARD_EXCUSES_MAX,
  JOIN_RETRY_MAX_MS,
  LOCAL_HEALTH_MAX,
  SEEDS_RECHECK_MS,
  STALL_MIN_MS,
} from "../limits.ts";
import { VirtualClock } from "../testing/virtual_clock.ts";
import { Membership, type ViewChange } from "./membership_driver.ts";
import { GossipNetwork } from "./testing/gossip_network.ts";
import { bootOf, metaOf, parcelOf, recordOf } from "./testing/people.ts";

/** A clock whose monotonic time can run on while timers wait: an event loop that stands still. */
class StallingClock extends VirtualClock {
  #stoodMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.#stoodMs;
  }

  stall(ms: number): void {
    this.#stoodMs += ms;
  }
}

/** Nodes on one network; names are resolved by `hosts`. */
function setup() {
  const clock = new StallingClock();
  const network = new GossipNetwork(clock);
  const hosts = new Map<string, readonly string[]>();
  const unresolved: string[] = [];
  const node = (name: string, seeds: readonly string[] = ["10.0.0.1:1"], address = "") => {
    const peer = address || `10.0.0.${name.charCodeAt(0) - 96}:1`;
    const random = new Random(1).fork(name);
    const membership = new Membership({
      clock,
      wire: network.wireOf(peer),
      name: name as NodeName,
      boot: bootOf(`${name}1`),
      meta: metaOf(peer),
      seeds,
      resolve: (host) => {
        const found = hosts.get(host);
        return found ? Promise.resolve(found) : Promise.reject(new Error(`no such host: ${host}`));
      },
      chance: () => random.next(),
      unresolved: (seed) => void unresolved.push(seed),
    });
    const changes: string[] = [];
    membership.onChange((change) => changes.push(textOf(change)));
    membership.start();
    return { membership, changes, peer };
  };
  return { clock, network, hosts, unresolved, node };
}

function textOf(change: ViewChange): string {
  if (change.kind === "superseded") return `superseded by ${change.by.boot}`;
  if (change.kind === "updated") return `${change.member.name} updated`;
  return `${change.member.name} ${change.from}→${change.to}`;
}

Deno.test("start() joins through a seed, and every view changes", async () => {
  const { clock, node } = setup();
  const [a, b, c] = [node("a"), node("b"), node("c")];
  await clock.pass(1_000);
  for (const { membership } of [a, b, c]) {
    assert.deepEqual(membership.members().map(({ name }) => name).sort(), ["a", "b", "c"]);
    assert.ok(membership.joined && !membership.alone);
  }
  assert.deepEqual(a.changes.sort(), ["b null→alive", "c null→alive"]);
  assert.equal(b.membership.self.boot, "b1");
});

Deno.test("start() goes on trying until someone answers, with pauses that grow to a bound (J1)", async () => {
  const { clock, network, node } = setup();
  const b = node("b");
  await clock.pass(60_000);
  const early = network.sent.length;
  assert.ok(early > 60_000 / JOIN_RETRY_MAX_MS && early < 30, `${early} attempts`);
  assert.equal(b.membership.joined, false);
  node("a");
  await clock.pass(JOIN_RETRY_MAX_MS);
  assert.ok(b.membership.joined);
});

Deno.test("seeds that are names are resolved again for every attempt (J3)", async () => {
  const { clock, hosts, unresolved, node, network } = setup();
  const a = node("a", []);
  const b = node("b", ["nodes.local:1"]);
  await clock.pass(3_000);
  assert.ok(unresolved.length > 1 && unresolved.every((seed) => seed === "nodes.local:1"));
  hosts.set("nodes.local", ["10.0.0.9", "10.0.0.1"]);
  await clock.pass(JOIN_RETRY_MAX_MS);
  assert.ok(a.membership.joined && b.membership.joined);
  assert.ok(network.sent.some(({ to }) => to === "10.0.0.9:1"));
  hosts.set("nodes.local", ["10.0.0.1", "fd00::3"]);
  const c = node("c", [], "[fd00::3]:1");
  await clock.pass(SEEDS_RECHECK_MS);
  await clock.pass(1_000);
  assert.ok(c.membership.joined, "a later attempt finds what the name means by then");
});

Deno.test("a node that was cut off is alone for long, and finds the others when it can", async () => {
  const { clock, network, node } = setup();
  const [a, b] = [node("a"), node("b")];
  await clock.pass(1_000);
  network.down.add(b.peer);
  await clock.pass(30_000);
  assert.ok(b.membership.alone && a.membership.alone);
  assert.ok(b.changes.includes("a suspect→dead"));
  network.down.delete(b.peer);
  await clock.pass(JOIN_RETRY_MAX_MS + 1_000);
  assert.ok(a.membership.joined && b.membership.joined && !b.membership.alone);
});

Deno.test("a node that is meant to be alone is joined, and never alone for long", async () => {
  const { clock, node, network } = setup();
  const a = node("a");
  await clock.pass(2 * ALONE_AFTER_MS);
  assert.ok(a.membership.joined && !a.membership.alone);
  assert.deepEqual(network.sent, []);
});

Deno.test("messages that are none are dropped and counted (E2)", async () => {
  const { clock, network, node } = setup();
  const a = node("a");
  const way = { from: "10.0.0.9:1", to: a.peer };
  const bad = { ...recordOf("z1"), incarnation: -1 };
  const all = [null, "ping", { kind: "ping" }, { kind: "gossip", ...parcelOf("z1", [bad]) }];
  for (const raw of all) network.deliver(raw, way);
  await clock.pass(100);
  assert.equal(a.membership.counts.malformed, all.length);
  assert.equal(a.membership.members().length, 1);
});

Deno.test("a wire that refuses a message loses it, no more (E4)", async () => {
  const { clock, network, node } = setup();
  const [a, b, c] = [node("a"), node("b"), node("c")];
  await clock.pass(1_000);
  network.refusing.add(c.peer);
  await clock.pass(30_000);
  assert.ok(a.membership.counts.unsent > 0);
  const state = a.membership.members().find(({ name }) => name === "c")?.state;
  assert.equal(state, "dead");
  assert.ok(b.membership.members().some(({ name, state }) => name === "a" && state === "alive"));
});

Deno.test("leave() resolves when the others know, and ends the node's part", async () => {
  const { clock, node } = setup();
  const [a, b, c] = [node("a"), node("b"), node("c")];
  await clock.pass(1_000);
  let left = false;
  const leaving = b.membership.leave().then(() => left = true);
  void b.membership.leave();
  await clock.pass(999);
  assert.ok(left);
  await leaving;
  for (const { membership, changes } of [a, c]) {
    assert.ok(membership.members().some(({ name, state }) => name === "b" && state === "left"));
    assert.deepEqual(changes.filter((change) => change.startsWith("b")), [
      "b null→alive",
      "b alive→draining",
      "b draining→left",
    ]);
  }
  await clock.pass(30_000);
  assert.ok(a.membership.members().some(({ name, state }) => name === "b" && state === "left"));
});

Deno.test("close() ends at once: no timers, no messages, and a leave under way is over", async () => {
  const { clock, network, node } = setup();
  const [a, b] = [node("a"), node("b")];
  await clock.pass(1_000);
  const leaving = b.membership.leave();
  for (const { membership } of [a, b]) {
    membership.close();
    membership.close();
  }
  await leaving;
  await clock.pass(1);
  const sent = network.sent.length;
  await clock.pass(60_000);
  assert.equal(network.sent.length, sent);
  assert.equal(clock.timers, 0);
  a.membership.setMeta({ draining: true });
  assert.equal(a.membership.self.state, "alive");
  await a.membership.leave();
});

Deno.test("setMeta(), setLoad() and draining reach the others, nonsense is refused", async () => {
  const { clock, node } = setup();
  const [a, b] = [node("a"), node("b")];
  await clock.pass(1_000);
  b.membership.setMeta({ slots: 7 });
  b.membership.setLoad({ running: 3, waiting: 2 });
  await clock.pass(1_000);
  const seen = a.membership.members().find(({ name }) => name === "b");
  assert.equal(seen?.meta.slots, 7);
  assert.deepEqual(seen?.load, { running: 3, waiting: 2 });
  assert.ok(a.changes.includes("b updated"));
  assert.throws(() => b.membership.setMeta({ weight: -1 }), /metadata/);
  await clock.pass(10_000);
  assert.ok(a.membership.joined, "the node goes on after a refusal");
});

Deno.test("a loop that stood still makes the node doubt itself, not the others", async () => {
  const { clock, node } = setup();
  const [a, b] = [node("a"), node("b")];
  await clock.pass(1_000);
  clock.stall(60_000);
  await clock.pass(STALL_MIN_MS);
  assert.ok(a.membership.localHealth >= LOCAL_HEALTH_MAX - 1, "one probe may have succeeded since");
  assert.ok(a.membership.counts.stalls >= 1);
  for (const { changes } of [a, b]) assert.ok(!changes.some((change) => change.endsWith("dead")));
  const stalls = a.membership.counts.stalls;
  a.membership.stalled(500);
  assert.equal(a.membership.counts.stalls, stalls + 1);
});

Deno.test("heard() excuses failed probes of a member whose messages come, a few in a row", async () => {
  const failures = async (isHeard: boolean) => {
    const { clock, network, node } = setup();
    const [a] = [node("a"), node("b")];
    await clock.pass(1_000);
    network.refusing.add(a.peer);
    const before = a.membership.counts.probesFailed;
    for (let tries = 0; !a.changes.includes("b alive→suspect"); tries++) {
      assert.ok(tries < 200, "never suspected");
      if (isHeard) a.membership.heard(bootOf("b1"));
      await clock.pass(100);
    }
    return a.membership.counts.probesFailed - before;
  };
  assert.equal(await failures(false), 1);
  assert.equal(await failures(true), 1 + HEARD_EXCUSES_MAX);
});

Deno.test("listeners may call back, hear changes in order, and can be taken off (E3)", async () => {
  const { clock, node } = setup();
  const a = node("a");
  const heard: string[] = [];
  const off = a.membership.onChange((change) => {
    heard.push(textOf(change));
    a.membership.setMeta({ slots: heard.length });
    assert.equal(a.membership.self.meta.slots, heard.length);
  });
  node("b");
  await clock.pass(1_000);
  off();
  node("c");
  await clock.pass(1_000);
  assert.deepEqual(heard, ["b null→alive"]);
  assert.deepEqual(a.changes, ["b null→alive", "c null→alive"]);
});

Deno.test("a namesake that started later supersedes this node, which is told", async () => {
  const { clock, node, network } = setup();
  const a = node("a");
  const later = recordOf("a2", { bornMs: clock.wallMs() + 1_000 });
  network.deliver({ kind: "gossip", ...parcelOf("z1", [later]) }, { from: "z:1", to: a.peer });
  assert.deepEqual(a.changes, ["a null→alive", "superseded by a2"]);
  await clock.pass(100);
});
