import assert from "node:assert/strict";
import {
  GOSSIP_FANOUT_MAX,
  LEAVE_INTENT_MS,
  LEAVE_LINGER_MS,
  LOCAL_HEALTH_MAX,
  NACK_AFTER_MS,
  PROBE_EVERY_MS,
  PROBE_HELPERS_MAX,
  PROBE_TIMEOUT_MS,
  RECONNECT_EVERY_MS,
  STALL_MIN_MS,
  SUSPECT_ASKS_MAX,
  SUSPICION_MIN_MS,
  SYNC_EVERY_MS,
} from "../limits.ts";
import type { MemberRecord, SwimMessage } from "./messages.ts";
import { Swim } from "./swim.ts";
import type { SwimEffect, SwimEvent } from "./swim_events.ts";
import { bootOf, identityOf, parcelOf, recordOf } from "./testing/people.ts";

type Sent = Extract<SwimEffect, { kind: "send" }>;

/** The machine of node `a5` that knows `others`, all of whose news it has told. */
function setup(others: readonly string[] = []) {
  const swim = new Swim(identityOf("a5"), () => 0, 0);
  const clock = { nowMs: 0 };
  const feed = (event: SwimEvent) => swim.step(event, clock.nowMs);
  const receive = (message: SwimMessage) =>
    feed({ kind: "received", message, from: `${message.from}:1` });
  const tell = (from: string, ...updates: MemberRecord[]) =>
    receive({ kind: "gossip", ...parcelOf(from, updates) });
  /** Lets time pass, tick by tick. With `answering`, everyone answers probes. */
  const pass = (ms: number, answering = false): SwimEffect[] => {
    const untilMs = clock.nowMs + ms;
    const effects: SwimEffect[] = [];
    while (swim.nextTickMs <= untilMs) {
      clock.nowMs = swim.nextTickMs;
      const news = feed({ kind: "tick" });
      effects.push(...news);
      for (const { message } of sentOf(news)) {
        if (!answering || message.kind !== "ping") continue;
        effects.push(...receive({ kind: "ack", seq: message.seq, ...parcelOf(message.target) }));
      }
    }
    clock.nowMs = untilMs;
    return effects;
  };
  const stateOf = (boot: string) => swim.members().find((one) => one.boot === boot)?.state;
  if (others.length > 0) {
    for (const boot of others) tell(boot, recordOf(boot));
    pass(8 * PROBE_EVERY_MS, true);
  }
  return { swim, clock, feed, receive, tell, pass, stateOf };
}

function sentOf(effects: readonly SwimEffect[], kind?: SwimMessage["kind"]): Sent[] {
  return effects.filter((effect): effect is Sent =>
    effect.kind === "send" && (kind === undefined || effect.message.kind === kind)
  );
}

const ping = (from: string, target: string): SwimMessage => ({
  kind: "ping",
  seq: 9,
  target: bootOf(target),
  ...parcelOf(from),
});

Deno.test("a ping is answered with its number, to where it came from", () => {
  const { receive } = setup(["b1"]);
  const [{ to, message } = assert.fail(), ...more] = sentOf(receive(ping("b1", "a5")));
  assert.ok(message.kind === "ack" && message.seq === 9 && more.length === 0);
  assert.equal(to, "b1:1");
});

Deno.test("a ping that names another boot is dropped and counted", () => {
  const { receive, swim } = setup(["b1"]);
  assert.deepEqual(receive(ping("b1", "a4")), []);
  assert.equal(swim.counts.misdirected, 1);
});

Deno.test("messages of this node's own, which a seed list can lead to, are dropped", () => {
  const { receive } = setup();
  assert.deepEqual(receive(ping("a5", "a5")), []);
});

Deno.test("a ping-req becomes a ping under a number of this node's own, and its answer is passed on", () => {
  const { receive } = setup(["b1", "c1"]);
  const asked: SwimMessage = {
    kind: "ping-req",
    seq: 70,
    target: bootOf("c1"),
    address: "c1:1",
    ...parcelOf("b1"),
  };
  const [sent = assert.fail()] = sentOf(receive(asked));
  assert.ok(sent.message.kind === "ping" && sent.to === "c1:1");
  const [passed] = sentOf(receive({ kind: "ack", seq: sent.message.seq, ...parcelOf("c1") }));
  assert.ok(passed?.message.kind === "ack" && passed.message.seq === 70 && passed.to === "b1:1");
});

Deno.test("a ping-req without an answer is answered with a nack", () => {
  const { receive, pass } = setup(["b1", "c1"]);
  receive({
    kind: "ping-req",
    seq: 70,
    target: bootOf("c1"),
    address: "c1:1",
    ...parcelOf("b1"),
  });
  const [nack, ...more] = sentOf(pass(NACK_AFTER_MS), "nack");
  assert.ok(nack?.message.kind === "nack" && nack.message.seq === 70 && nack.to === "b1:1");
  assert.deepEqual(more, []);
});

Deno.test("answers to nothing that was asked are counted", () => {
  const { receive, swim } = setup(["b1"]);
  receive({ kind: "ack", seq: 12_345, ...parcelOf("b1") });
  receive({ kind: "nack", seq: 12_345, ...parcelOf("b1") });
  assert.equal(swim.counts.misdirected, 2);
});

Deno.test("a silent member is suspected, told so on its ping, and dead when it stays silent", () => {
  const { pass, stateOf } = setup(["b1"]);
  const effects = pass(3 * PROBE_EVERY_MS);
  assert.equal(stateOf("b1"), "suspect");
  const told = sentOf(effects, "ping").at(-1)?.message.updates[0];
  assert.deepEqual([told?.boot, told?.status, told?.by], ["b1", "suspect", "a5"]);
  pass(SUSPICION_MIN_MS);
  assert.equal(stateOf("b1"), "dead");
});

Deno.test("whoever is thought dead and speaks hears of it with the answer", () => {
  const { pass, receive, tell, stateOf } = setup(["b1"]);
  pass(PROBE_EVERY_MS * 3 + SUSPICION_MIN_MS);
  const [ack] = sentOf(receive(ping("b1", "a5")), "ack");
  assert.equal(ack?.message.updates[0]?.status, "dead");
  tell("b1", recordOf("b1", { incarnation: 2 }));
  assert.equal(stateOf("b1"), "alive");
});

Deno.test("an accusation of this node is contradicted, gossiped at once, and lowers its trust in itself (N2)", () => {
  const { tell, pass, swim } = setup(["b1"]);
  const health = swim.localHealth;
  tell("b1", recordOf("a5", { status: "suspect", incarnation: 3, by: bootOf("b1") }));
  assert.equal(swim.self.incarnation, 4);
  assert.equal(swim.localHealth, health + 1);
  assert.equal(swim.counts.refuted, 1);
  const [gossip] = sentOf(pass(50), "gossip");
  const told = gossip?.message.updates.find(({ boot }) => boot === "a5");
  assert.deepEqual([told?.status, told?.incarnation], ["alive", 4]);
});

Deno.test("application traffic during a probe counts against suspicion, but not for ever", () => {
  const { feed, pass, stateOf, clock, swim } = setup(["b1"]);
  const failedBefore = swim.counts.probesFailed;
  let periods = 0;
  for (; stateOf("b1") === "alive"; periods++) {
    assert.ok(periods < 50);
    feed({ kind: "heard", boot: bootOf("b1") });
    pass(PROBE_EVERY_MS);
  }
  assert.ok(swim.counts.probesFailed - failedBefore > 3, `${periods} ${clock.nowMs}`);
});

Deno.test("news is gossiped to 3 random members", () => {
  const { tell, pass } = setup(["b1", "c1", "d1", "e1", "f1"]);
  tell("b1", recordOf("g1"));
  const gossip = sentOf(pass(0), "gossip");
  assert.equal(new Set(gossip.map(({ to }) => to)).size, GOSSIP_FANOUT_MAX);
  for (const { message } of gossip) assert.equal(message.updates[0]?.boot, "g1");
});

Deno.test("a join tells everything and asks for everything; the answer is a view", () => {
  const { feed, receive } = setup(["b1"]);
  const [join] = sentOf(feed({ kind: "join", addresses: ["seed:1"] }));
  assert.ok(join?.to === "seed:1" && join.message.kind === "sync" && join.message.ask);
  assert.deepEqual(join.message.updates.map(({ boot }) => boot), ["a5", "b1"]);
  const [answer, ...more] = sentOf(receive({
    kind: "sync",
    ask: true,
    ...parcelOf("c1", [recordOf("c1")]),
  }));
  assert.ok(answer?.to === "c1:1" && answer.message.kind === "sync" && !answer.message.ask);
  assert.deepEqual(answer.message.updates.map(({ boot }) => boot), ["a5", "b1", "c1"]);
  assert.deepEqual(more, []);
});

Deno.test("the whole view is exchanged with a random member every 30 s, at first more often", () => {
  const { pass } = setup(["b1"]);
  const exchanges = (ms: number) => sentOf(pass(ms, true), "sync").length;
  assert.ok(exchanges(SYNC_EVERY_MS) >= 3);
  pass(SYNC_EVERY_MS, true);
  assert.equal(exchanges(2 * SYNC_EVERY_MS), 2);
});

Deno.test("a suspect is asked by everyone who suspects it, and answers with its contradiction", () => {
  const { pass, tell, receive, stateOf } = setup(["b1", "c1", "d1", "e1"]);
  tell("c1", recordOf("b1", { status: "suspect", by: bootOf("c1") }));
  const sent = sentOf(pass(SUSPICION_MIN_MS, true)).filter(({ message }) =>
    "seq" in message && message.seq === 0
  );
  const asked = sent.filter(({ message }) => message.kind === "ping");
  assert.equal(asked.length, SUSPECT_ASKS_MAX);
  for (const { to, message } of asked) {
    assert.equal(to, "b1:1");
    assert.equal(message.updates[0]?.status, "suspect");
  }
  const helped = sent.filter(({ message }) => message.kind === "ping-req");
  assert.equal(helped.length, (SUSPECT_ASKS_MAX - 1) * PROBE_HELPERS_MAX, "but the first time");
  for (const { to, message } of helped) {
    assert.notEqual(to, "b1:1");
    assert.ok(message.updates.some(({ boot, status }) => boot === "b1" && status === "suspect"));
  }
  receive({ kind: "ack", seq: 0, ...parcelOf("b1", [recordOf("b1", { incarnation: 2 })]) });
  assert.equal(stateOf("b1"), "alive");
  const accused = { ...ping("c1", "a5"), updates: [recordOf("a5", { status: "suspect" })] };
  const [ack] = sentOf(receive(accused), "ack");
  const own = ack?.message.updates[0];
  assert.deepEqual([own?.boot, own?.status, own?.incarnation], ["a5", "alive", 2]);
});

Deno.test("whom others think alive and this node dead is asked at once, and told so, but not by every account", () => {
  const { pass, tell, stateOf } = setup(["b1", "c1"]);
  tell("c1", recordOf("b1", { status: "suspect" }));
  pass(PROBE_EVERY_MS + 4 * SUSPICION_MIN_MS, false);
  assert.equal(stateOf("b1"), "dead");
  const [{ to, message } = assert.fail(), ...more] = sentOf(tell("d1", recordOf("b1")));
  assert.deepEqual([to, message.kind, more.length], ["b1:1", "ping", 0]);
  assert.deepEqual([message.updates[0]?.boot, message.updates[0]?.status], ["b1", "dead"]);
  assert.deepEqual(sentOf(tell("d1", recordOf("b1"))), []);
  pass(PROBE_EVERY_MS);
  assert.equal(sentOf(tell("b1"), "ping").length, 1, "it speaks itself");
  assert.deepEqual(sentOf(tell("d1", recordOf("b1", { status: "dead" }))), []);
});

Deno.test("a dead member is tried now and then, so that a healed partition is noticed", () => {
  const { pass, stateOf } = setup(["b1"]);
  pass(3 * PROBE_EVERY_MS + SUSPICION_MIN_MS);
  assert.equal(stateOf("b1"), "dead");
  const [sync] = sentOf(pass(RECONNECT_EVERY_MS), "sync");
  assert.equal(sync?.to, "b1:1");
});

Deno.test("a node that was alone says for how long", () => {
  const { swim, clock, pass, tell } = setup();
  pass(700);
  assert.equal(swim.aloneForMs(clock.nowMs), 700);
  tell("b1", recordOf("b1"));
  assert.equal(swim.aloneForMs(clock.nowMs), 0);
  while (swim.others > 0) pass(swim.nextTickMs - clock.nowMs);
  assert.ok(clock.nowMs > SUSPICION_MIN_MS);
  pass(700);
  assert.equal(swim.aloneForMs(clock.nowMs), 700);
});

Deno.test("leave tells the intent, then that this node left, lingers, and is gone", () => {
  const { feed, pass, swim } = setup(["b1", "c1"]);
  feed({ kind: "leave" });
  assert.equal(swim.self.state, "draining");
  const [intent] = sentOf(pass(0), "gossip");
  assert.ok(intent?.message.updates.some(({ boot, meta }) => boot === "a5" && meta.leaving));
  const [left] = sentOf(pass(LEAVE_INTENT_MS), "gossip").slice(-1);
  const own = left?.message.updates.find(({ boot }) => boot === "a5");
  assert.deepEqual([own?.status, own?.by], ["left", "a5"], "dead(self by self)");
  const rest = pass(LEAVE_LINGER_MS);
  assert.ok(sentOf(rest, "gossip").length > 0);
  assert.deepEqual(sentOf(rest, "ping"), []);
  assert.deepEqual(rest.at(-1), { kind: "gone" });
  assert.equal(swim.nextTickMs, Infinity);
  assert.deepEqual(feed({ kind: "leave" }), []);
});

Deno.test("leaving alone takes no longer than its intent", () => {
  const { feed, pass } = setup();
  feed({ kind: "leave" });
  assert.deepEqual(pass(LEAVE_INTENT_MS), [{ kind: "gone" }]);
});

Deno.test("a late tick means that this node stood still: nobody is judged for that time (N3)", () => {
  const { feed, pass, clock, swim, stateOf } = setup(["b1"]);
  pass(2 * PROBE_EVERY_MS);
  assert.equal(stateOf("b1"), "suspect");
  const health = swim.localHealth;
  clock.nowMs += 60_000;
  feed({ kind: "tick" });
  assert.equal(stateOf("b1"), "suspect");
  assert.equal(swim.localHealth, LOCAL_HEALTH_MAX);
  assert.ok(health < LOCAL_HEALTH_MAX);
  assert.equal(swim.counts.stalls, 1);
});

Deno.test("a tick that is a little late is no stall", () => {
  const { feed, clock, swim } = setup(["b1"]);
  clock.nowMs = swim.nextTickMs + STALL_MIN_MS;
  feed({ kind: "tick" });
  assert.equal(swim.counts.stalls, 0);
});

Deno.test("a stall that is reported counts as bad health, and late ticks for it not again (N3)", () => {
  const { feed, clock, swim } = setup(["b1"]);
  clock.nowMs += 1_000;
  feed({ kind: "stalled", ms: 1_000 });
  feed({ kind: "tick" });
  assert.equal(swim.counts.stalls, 1);
  assert.equal(swim.localHealth, 2);
});

Deno.test("a clock that goes back stands still for the machine", () => {
  const { swim, clock, pass, stateOf } = setup(["b1"]);
  const nextMs = swim.nextTickMs;
  assert.deepEqual(swim.step({ kind: "heard", boot: bootOf("b1") }, -1e9), []);
  assert.equal(swim.nextTickMs, nextMs);
  clock.nowMs = Math.max(clock.nowMs, nextMs);
  pass(4 * PROBE_EVERY_MS, true);
  assert.equal(stateOf("b1"), "alive");
});

Deno.test("a later boot of this node's name is reported once, and silences this one", () => {
  const { tell, swim } = setup(["b1"]);
  const effects = tell("b1", recordOf("a9"));
  assert.ok(effects.some((effect) => effect.kind === "superseded" && effect.by.boot === "a9"));
  assert.ok(
    !tell("b1", recordOf("a9", { incarnation: 2 })).some((one) => one.kind === "superseded"),
  );
  tell("b1", recordOf("a5", { status: "dead" }));
  assert.equal(swim.self.incarnation, 1);
});

Deno.test("what this node tells of itself spreads under a new version; nonsense is refused", () => {
  const { feed, pass, swim } = setup(["b1"]);
  feed({ kind: "described", meta: { draining: true } });
  assert.equal(swim.self.state, "draining");
  const [gossip] = sentOf(pass(0), "gossip");
  assert.equal(gossip?.message.updates[0]?.metaVersion, 2);
  assert.throws(() => feed({ kind: "described", meta: { slots: -1 } }), /metadata/);
});

Deno.test("a load travels on answers, and others' loads are passed on", () => {
  const { feed, pass, receive, swim } = setup(["b1", "c1"]);
  feed({ kind: "loaded", load: { running: 3, waiting: 1 } });
  const own = sentOf(pass(0), "gossip")[0]?.message.loads[0];
  assert.deepEqual(own, { boot: "a5", version: 1, load: { running: 3, waiting: 1 } });
  const report = { boot: bootOf("c1"), version: 4, load: { running: 9, waiting: 0 } };
  const [ack] = sentOf(receive({ ...ping("b1", "a5"), loads: [report] }), "ack");
  assert.ok(ack?.message.loads.some(({ boot, version }) => boot === "c1" && version === 4));
  assert.deepEqual(swim.members().find(({ boot }) => boot === "c1")?.load, report.load);
  assert.deepEqual(swim.self.load, { running: 3, waiting: 1 });
});

Deno.test("a probe asks for help in between, and help that says nack keeps this node's trust in itself", () => {
  const { pass, receive, swim, clock } = setup(["b1", "c1"]);
  const untilNextMs = swim.nextTickMs - clock.nowMs;
  const [asked] = sentOf(pass(untilNextMs + PROBE_TIMEOUT_MS), "ping-req");
  assert.ok(asked?.message.kind === "ping-req");
  assert.notEqual(asked.to, `${asked.message.target}:1`);
  const helper = asked.to.replace(":1", "");
  receive({ kind: "nack", seq: asked.message.seq, ...parcelOf(helper) });
  pass(PROBE_EVERY_MS - PROBE_TIMEOUT_MS);
  assert.equal(swim.counts.probesFailed, 1);
  assert.equal(swim.localHealth, 0);
});
