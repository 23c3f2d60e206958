import assert from "node:assert/strict";
import {
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MIN_MS,
  SEED_ADDRESSES_MAX,
  SEEDS_RECHECK_MS,
} from "../limits.ts";
import { settle, VirtualClock } from "../testing/virtual_clock.ts";
import { Joining, type Resolve } from "./joining_driver.ts";

function setup(seeds: readonly string[], resolve: Resolve = () => Promise.resolve([])) {
  const clock = new VirtualClock();
  const asked: { readonly atMs: number; readonly addresses: readonly string[] }[] = [];
  const known = new Set<string>();
  const state = { joined: false };
  const joining = new Joining({
    clock,
    seeds,
    resolve,
    chance: () => 1 - Number.EPSILON,
    hasJoined: () => state.joined,
    isKnown: (address) => known.has(address),
    join: (addresses) => void asked.push({ atMs: clock.monotonicMs(), addresses }),
  });
  return { clock, asked, known, state, joining };
}

Deno.test("attempt() asks addresses as they are, and again after pauses that double up to a bound (J1)", () => {
  const { joining, clock, asked } = setup(["10.0.0.1:7", "[fd00::1]:7"]);
  joining.attempt();
  clock.advance(60_000);
  const times = asked.filter(({ addresses }) => addresses[0] === "10.0.0.1:7");
  assert.equal(asked.length, 2 * times.length);
  const pauses = times.slice(1).map(({ atMs }, at) => Math.round(atMs - times[at]!.atMs));
  const expected = [1, 2, 4, 8, 16].map((factor) => factor * JOIN_RETRY_MIN_MS);
  assert.deepEqual(pauses.slice(0, 5), expected);
  assert.ok(pauses.slice(5).every((pause) => pause === JOIN_RETRY_MAX_MS));
});

Deno.test("attempt() looks rarely once others are known, and asks only where nobody is known", () => {
  const { joining, clock, asked, known, state } = setup(["10.0.0.1:7", "10.0.0.2:7"]);
  state.joined = true;
  known.add("10.0.0.1:7");
  joining.attempt();
  clock.advance(SEEDS_RECHECK_MS);
  assert.deepEqual(asked.map(({ addresses }) => addresses), [["10.0.0.2:7"], ["10.0.0.2:7"]]);
});

Deno.test("a resolution that hangs holds up neither other seeds nor later attempts, and is not repeated (J2)", async () => {
  let asks = 0;
  const { joining, clock, asked } = setup(["slow:7", "quick:7"], (host) => {
    if (host === "quick") return Promise.resolve(["10.0.0.2"]);
    asks++;
    return new Promise(() => {});
  });
  joining.attempt();
  await clock.pass(JOIN_RETRY_MIN_MS);
  assert.deepEqual(asked.map(({ addresses }) => addresses), [["10.0.0.2:7"], ["10.0.0.2:7"]]);
  assert.equal(asks, 1);
});

Deno.test("a name that can't be resolved any more is tried where it was last (J3)", async () => {
  const answers: (readonly string[])[] = [["10.0.0.3", "fd00::3"]];
  const resolve = () => {
    const answer = answers.shift();
    return answer ? Promise.resolve(answer) : Promise.reject(new Error("no answer"));
  };
  const { joining, clock, asked } = setup(["nodes:7"], resolve);
  joining.attempt();
  await clock.pass(JOIN_RETRY_MIN_MS);
  const addresses = ["10.0.0.3:7", "[fd00::3]:7"];
  assert.deepEqual(asked.map((one) => one.addresses), [addresses, addresses]);
  assert.equal(answers.length, 0, "the second attempt asked for the name again");
});

Deno.test("a name with very many addresses is tried at a bounded number of them", async () => {
  const many = Array.from(
    { length: 2 * SEED_ADDRESSES_MAX },
    (_, at) => `10.0.${at >> 8}.${at % 256}`,
  );
  const { joining, asked } = setup(["nodes:7", "10.9.9.9:7"], () => Promise.resolve(many));
  joining.attempt();
  await settle();
  assert.equal(asked.at(-1)?.addresses.length, SEED_ADDRESSES_MAX / 2);
});

Deno.test("close() ends the attempts, and what was being resolved asks nobody", async () => {
  const { joining, clock, asked } = setup(["nodes:7"], () => Promise.resolve(["10.0.0.1"]));
  joining.attempt();
  joining.close();
  await clock.pass(60_000);
  joining.attempt();
  await settle();
  assert.deepEqual(asked, []);
  assert.equal(clock.timers, 0);
});
