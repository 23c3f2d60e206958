import assert from "node:assert/strict";
import type { BootId } from "../../runtime/ids.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import type { Peers } from "../feeds/peers.ts";
import { RATE_BORROW_MS, RATE_BUCKETS_MAX } from "../limits.ts";
import type { Rate } from "./bucket.ts";
import { type Limited, RateLimiter } from "./rate_limiter_driver.ts";

const RATE: Rate = { requests: 30, perMs: 1_000, burst: 30 };

/** Gateways that hear one another at once, unless they are cut off or `silent`. */
function cluster(count: number) {
  const clock = new VirtualClock(0);
  const answers = new Map<string, (body: unknown, from: BootId) => unknown>();
  const boots = Array.from({ length: count }, (_, at) => `g${at}` as BootId);
  const knobs = { asks: 0, silent: false, gone: new Set<string>() };
  const limiters = boots.map((self) => {
    const peers: Peers = {
      others: () =>
        boots.filter((boot) => boot !== self && !knobs.gone.has(boot))
          .map((boot) => ({ boot, name: boot })),
      ask: (to, _channel, body) => {
        knobs.asks++;
        if (knobs.silent) return new Promise(() => {});
        return Promise.resolve(answers.get(to)?.(body, self));
      },
      serve: (_channel, answer) => void answers.set(self, answer),
    };
    return new RateLimiter({ clock, peers });
  });
  return { clock, limiters, knobs, answers };
}

/** How many of `count` requests at once come through. */
async function admitted(limiter: RateLimiter, count: number, caller = "ci"): Promise<number> {
  const all = await Promise.all(
    Array.from({ length: count }, () => limiter.take(caller, RATE)),
  );
  return all.filter((one) => one === null).length;
}

Deno.test("RateLimiter alone gives burst and rate at once, and says when to come back", () => {
  const clock = new VirtualClock(0);
  const limiter = new RateLimiter({ clock });
  for (let at = 0; at < 30; at++) assert.equal(limiter.take("ci", RATE), null);
  const limited = limiter.take("ci", RATE) as Limited;
  assert.ok(limited.retryAfterMs > 33 && limited.retryAfterMs < 34);
  assert.equal(limiter.take("other", RATE), null, "callers don't share");
  clock.advance(34);
  assert.equal(limiter.take("ci", RATE), null);
});

Deno.test("RateLimiter gives a caller of one gateway the whole rate, and all gateways together no more (L2)", async () => {
  const { clock, limiters } = cluster(3);
  const [first] = limiters;
  assert.equal(await admitted(first!, 100), 30);
  assert.equal(await admitted(limiters[1]!, 100), 0);
  let total = 0;
  for (let step = 0; step < 100; step++) {
    clock.advance(100);
    total += await admitted(first!, 10);
  }
  assert.ok(total <= 300 && total >= 285, `${total} in 10 s at 30/s`);
});

Deno.test("RateLimiter holds a caller who goes to all gateways to one rate (L2)", async () => {
  const { clock, limiters } = cluster(5);
  let total = 0;
  for (let step = 0; step < 200; step++) {
    clock.advance(50);
    for (const limiter of limiters) total += await admitted(limiter, 3);
  }
  // 10 s: the burst, and 30 a second.
  assert.ok(total <= 2 * 30 + 300, `${total}`);
  assert.ok(total >= 300, `${total}`);
});

Deno.test("RateLimiter asks nobody while its own share suffices", async () => {
  const { clock, limiters, knobs } = cluster(3);
  for (let step = 0; step < 50; step++) {
    clock.advance(100);
    for (const limiter of limiters) assert.equal(await admitted(limiter, 1), 1);
  }
  assert.equal(knobs.asks, 0);
});

Deno.test("RateLimiter leaves the others alone once they had nothing", async () => {
  const { limiters, knobs } = cluster(3);
  await admitted(limiters[0]!, 31);
  const asked = knobs.asks;
  for (let at = 0; at < 1_000; at++) await limiters[0]!.take("ci", RATE);
  assert.ok(knobs.asks - asked <= 2, `${knobs.asks - asked} asks`);
});

Deno.test("RateLimiter waits for silent gateways only so long, and goes by its share (L3)", async () => {
  const { clock, limiters, knobs } = cluster(3);
  knobs.silent = true;
  assert.equal(await admitted(limiters[0]!, 10), 10);
  const waiting = admitted(limiters[0]!, 10);
  await Promise.resolve();
  clock.advance(RATE_BORROW_MS);
  assert.equal(await waiting, 2, "what dripped into its own share meanwhile");
  clock.advance(10_000);
  assert.equal(await admitted(limiters[0]!, 10), 10);
});

Deno.test("RateLimiter takes over the shares of gateways that are gone", async () => {
  const { clock, limiters, knobs } = cluster(3);
  await admitted(limiters[0]!, 40);
  knobs.gone = new Set(["g1", "g2"]);
  clock.advance(10_000);
  assert.equal(await admitted(limiters[0]!, 40), 30);
});

Deno.test("RateLimiter lends nothing to what it does not understand", () => {
  const { answers } = cluster(2);
  const ask = answers.get("g1")!;
  const bodies = [
    ...[null, 5, "x", {}, { caller: "ci", rate: RATE }, { caller: 1, rate: RATE, wanted: 1 }],
    ...[{ caller: "ci", rate: RATE, wanted: -1 }, { caller: "ci", rate: RATE, wanted: NaN }],
    { caller: "ci", rate: { ...RATE, burst: 0 }, wanted: 1 },
  ];
  for (const body of bodies) assert.equal(ask(body, "g0" as BootId), 0, JSON.stringify(body));
  assert.equal(ask({ caller: "ci", rate: RATE, wanted: 4 }, "g0" as BootId), 4);
});

Deno.test("RateLimiter keeps a bounded number of buckets (L4)", () => {
  const clock = new VirtualClock(0);
  const limiter = new RateLimiter({ clock });
  const once: Rate = { requests: 1, perMs: 1_000, burst: 1 };
  limiter.take("first", once);
  assert.notEqual(limiter.take("first", once), null);
  for (let at = 0; at < RATE_BUCKETS_MAX; at++) limiter.take(`c${at}`, once);
  assert.equal(limiter.take("first", once), null, "forgotten, and full again");
});
