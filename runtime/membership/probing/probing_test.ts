import assert from "node:assert/strict";
import {
  LOCAL_HEALTH_MAX,
  NACK_AFTER_MS,
  PROBE_EVERY_MS,
  PROBE_HELPERS_MAX,
  PROBE_RELAYS_MAX,
  PROBE_TIMEOUT_MS,
} from "../../limits.ts";
import { bootOf } from "../testing/people.ts";
import { LocalHealth } from "./local_health.ts";
import { ProbeList } from "./probe_list.ts";
import { type ProbeDeed, Probing } from "./probing.ts";

const B = bootOf("b1");

/** Probing among `others`; `pass` lets time go by, tick by tick, and gives what was wanted. */
function setup(others: readonly string[] = ["b1"]) {
  const health = new LocalHealth();
  const live = new ProbeList(() => 0);
  for (const boot of others) live.insert(bootOf(boot));
  const probing = new Probing(health, live, 0);
  const clock = { nowMs: 0 };
  const pass = (ms: number): ProbeDeed[] => {
    const untilMs = clock.nowMs + ms;
    const deeds: ProbeDeed[] = [];
    while (probing.nextTickMs() <= untilMs) {
      clock.nowMs = Math.max(clock.nowMs, probing.nextTickMs());
      deeds.push(...probing.tick(clock.nowMs));
    }
    clock.nowMs = untilMs;
    return deeds;
  };
  /** Begins the first probe; its target and sequence number. */
  const begin = () => {
    const [ping] = pass(0);
    assert.ok(ping?.kind === "ping");
    return ping;
  };
  return { health, live, probing, clock, pass, begin };
}

Deno.test("tick() pings one member every 500 ms", () => {
  const { pass, probing } = setup();
  for (let period = 0; period < 4; period++) {
    const [ping] = pass(period === 0 ? 0 : 1);
    assert.ok(ping?.kind === "ping" && ping.target === B);
    probing.acked(ping.seq, B);
    assert.deepEqual(pass(PROBE_EVERY_MS - 1), []);
  }
});

Deno.test("tick() asks 3 helpers after 250 ms without an answer, never the target", () => {
  const { pass, begin } = setup(["b1", "c1", "d1", "e1", "f1"]);
  const { target, seq } = begin();
  assert.deepEqual(pass(PROBE_TIMEOUT_MS - 1), []);
  const [ask, ...more] = pass(1);
  assert.ok(ask?.kind === "ask" && more.length === 0);
  assert.deepEqual([ask.target, ask.seq], [target, seq]);
  assert.equal(new Set(ask.helpers).size, PROBE_HELPERS_MAX);
  assert.ok(!ask.helpers.includes(target));
});

Deno.test("tick() gives the verdict at the end of the period, with the next probe (P1)", () => {
  const { pass, begin } = setup();
  begin();
  const deeds = pass(PROBE_EVERY_MS);
  assert.deepEqual(deeds.map(({ kind }) => kind), ["failed", "ping"]);
  assert.deepEqual(deeds[0], { kind: "failed", target: B, sinceMs: 0 });
});

Deno.test("acked() settles a probe: no helpers, no verdict (P1)", () => {
  const { pass, begin, probing } = setup(["b1", "c1"]);
  const { target, seq } = begin();
  assert.deepEqual(probing.acked(seq, target), { kind: "own", target });
  assert.deepEqual(pass(PROBE_EVERY_MS).map(({ kind }) => kind), ["ping"]);
});

Deno.test("acked() takes an answer from the target or from a helper that was asked only (P2)", () => {
  const { pass, begin, probing } = setup(["b1", "c1"]);
  const { target, seq } = begin();
  const helper = target === B ? bootOf("c1") : B;
  assert.equal(probing.acked(seq, helper).kind, "nothing", "not asked yet");
  assert.equal(probing.nacked(seq, helper), false);
  pass(PROBE_TIMEOUT_MS);
  assert.equal(probing.acked(seq, bootOf("z1")).kind, "nothing");
  assert.equal(probing.acked(seq + 1, target).kind, "nothing");
  assert.deepEqual(probing.acked(seq, helper), { kind: "own", target });
});

Deno.test("a failed probe without helpers makes this node trust itself less, a success more", () => {
  const { health, pass, begin, probing } = setup();
  begin();
  const ping = pass(PROBE_EVERY_MS).find((deed) => deed.kind === "ping");
  assert.equal(health.score, 1);
  assert.ok(ping?.kind === "ping");
  probing.acked(ping.seq, B);
  probing.acked(ping.seq, B);
  assert.equal(health.score, 0);
});

Deno.test("only helpers that said nothing count against this node (Lifeguard)", () => {
  for (const silent of [0, 1, 3]) {
    const { health, pass, begin, probing } = setup(["b1", "c1", "d1", "e1"]);
    const { seq } = begin();
    const [ask] = pass(PROBE_TIMEOUT_MS);
    assert.ok(ask?.kind === "ask");
    for (const helper of ask.helpers.slice(silent)) assert.ok(probing.nacked(seq, helper));
    pass(PROBE_EVERY_MS - PROBE_TIMEOUT_MS);
    assert.equal(health.score, silent);
  }
});

Deno.test("local health stretches the period and the time-out, up to 9 times", () => {
  const { health, pass, probing, clock } = setup(["b1", "c1"]);
  health.note(LOCAL_HEALTH_MAX);
  pass(0);
  assert.equal(probing.nextTickMs() - clock.nowMs, 9 * PROBE_TIMEOUT_MS);
  pass(9 * PROBE_TIMEOUT_MS);
  assert.equal(probing.nextTickMs(), 9 * PROBE_EVERY_MS);
});

Deno.test("relay() says nack when the target is silent, once, and passes an answer on even then (P3)", () => {
  const { probing, pass } = setup([]);
  const seq = probing.relay({ target: B, to: "a1:1", seq: 77 }, 0);
  assert.ok(seq !== undefined);
  const nack: ProbeDeed = { kind: "nack", to: "a1:1", seq: 77 };
  assert.deepEqual(pass(NACK_AFTER_MS - 1), []);
  assert.deepEqual(pass(1), [nack]);
  assert.equal(probing.acked(seq, bootOf("c1")).kind, "nothing");
  assert.deepEqual(probing.acked(seq, B), { kind: "relay", to: "a1:1", seq: 77 });
  assert.equal(probing.acked(seq, B).kind, "nothing");
  assert.deepEqual(pass(10 * PROBE_EVERY_MS), []);
});

Deno.test("relay() says no nack after an answer", () => {
  const { probing, pass } = setup([]);
  const seq = probing.relay({ target: B, to: "a1:1", seq: 77 }, 0);
  probing.acked(seq!, B);
  assert.deepEqual(pass(PROBE_EVERY_MS), []);
});

Deno.test("relay() holds a bounded number of probes, each for a bounded time (P3)", () => {
  const { probing, pass, clock } = setup([]);
  const relay = () => probing.relay({ target: B, to: "a1:1", seq: 1 }, clock.nowMs);
  for (let made = 0; made < PROBE_RELAYS_MAX; made++) assert.ok(relay() !== undefined);
  assert.equal(relay(), undefined);
  pass(2 * PROBE_EVERY_MS);
  assert.ok(relay() !== undefined);
});

Deno.test("shift() gives the target the time in which this node stood still", () => {
  const { probing, begin, pass } = setup();
  begin();
  probing.shift(1_000);
  assert.deepEqual(pass(PROBE_EVERY_MS + 999), []);
  assert.deepEqual(pass(1).map(({ kind }) => kind), ["failed", "ping"]);
});

Deno.test("rest() ends probing but not helping", () => {
  const { probing, begin, pass, clock } = setup();
  begin();
  probing.rest();
  probing.relay({ target: B, to: "a1:1", seq: 7 }, clock.nowMs);
  assert.deepEqual(pass(5 * PROBE_EVERY_MS).map(({ kind }) => kind), ["nack"]);
});
