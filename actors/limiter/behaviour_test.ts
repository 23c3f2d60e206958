import assert from "node:assert/strict";
import { actorId, type BootId, type NodeName, type ShardId } from "../../runtime/ids.ts";
import { HOLDER_QUIET_MS, HOLDER_SILENT_MS, WANT_KEPT_MS } from "../../runtime/limits.ts";
import { limiterBehaviour } from "./behaviour.ts";
import { decodeLimiter, draftOfLimiter, encodeLimiter } from "./codec.ts";
import type { GateLimits } from "./limits.ts";
import type { GateClaim, LimiterEffect } from "./messages.ts";

const ID = actorId("mail~all@limiter");
const TEN: GateLimits = { concurrency: 10, rate: null };

/** A limiter, asked by the nodes a and b; `dead` are the process starts that have ended. */
function setup(limits: GateLimits = TEN) {
  const clock = { nowMs: 1_000_000 };
  const dead = new Set<string>();
  const turns = new Map<string, number>();
  const draft = draftOfLimiter("mail", { id: ID, nowMs: clock.nowMs });
  const snapshotOf = (stored: { head: string }) => ({
    ...{ ...draft, ...stored, shard: 0 as ShardId, version: 1 },
  });
  let state = decodeLimiter(snapshotOf(draft));
  let effects: readonly LimiterEffect[] = [];
  const tell = (
    boot: string,
    claim: Partial<GateClaim>,
    { turn, version = 1, limit = limits }: {
      readonly turn?: number;
      readonly version?: number;
      readonly limit?: GateLimits;
    } = {},
  ) => {
    turns.set(boot, turn ?? (turns.get(boot) ?? 0) + 1);
    const step = limiterBehaviour.receive(state, {
      ...{ kind: "claim", boot: boot as BootId, turn: turns.get(boot)!, version, limits: limit },
      gates: [{ ...{ gate: "", keep: 0, want: 0, starts: 0, unused: [] }, ...claim }],
    }, {
      ...{ id: ID, nowMs: clock.nowMs, chance: 0, unique: "u", nextVersion: 2 },
      ...{ node: "n" as NodeName, boot: "n-1" as BootId, lives: (boot) => !dead.has(boot) },
    });
    state = decodeLimiter(snapshotOf(encodeLimiter(step.state)));
    effects = step.effects;
    return step.reply?.kind === "granted" ? step.reply.gates[0] : undefined;
  };
  const held = (...claim: Parameters<typeof tell>) => tell(...claim)?.held;
  const called = () => effects.flatMap(({ calls }) => calls.map(({ boot }) => String(boot)));
  return { clock, dead, tell, held, called, state: () => state };
}

Deno.test("a node gets what it wants of what is free, and no more (LG1)", () => {
  const { held } = setup();
  assert.equal(held("a", { want: 4 }), 4);
  assert.equal(held("b", { want: 20 }), 6);
  assert.equal(held("a", { keep: 4, want: 9 }), 4);
});

Deno.test("who has more than its share is called, and told what it should come down to", () => {
  const { held, tell, called } = setup();
  assert.equal(held("a", { want: 20 }), 10);
  assert.equal(held("b", { want: 20 }), 0);
  assert.deepEqual(called(), ["a"]);
  assert.equal(tell("a", { keep: 10, want: 20 })?.share, 5);
  assert.equal(tell("a", { keep: 5, want: 20 })?.held, 5);
  assert.deepEqual(called(), ["b"], "there is something for it now");
  assert.equal(held("b", { want: 20 }), 5);
  assert.equal(tell("b", { keep: 5, want: 5 })?.share, null, "nobody is short");
});

Deno.test("a node that has ended loses its permits once it was quiet for a while (LG2)", () => {
  const { clock, dead, held } = setup();
  held("a", { want: 10 });
  dead.add("a");
  assert.equal(held("b", { want: 10 }), 0, "it may have only just begun");
  clock.nowMs += HOLDER_QUIET_MS + 1;
  assert.equal(held("b", { want: 10 }), 10);
});

Deno.test("what a node says that it has is counted, whatever was thought of it (LG1)", () => {
  const { held } = setup();
  held("a", { want: 10 });
  assert.equal(held("b", { keep: 3, want: 3 }), 3);
  assert.equal(held("a", { keep: 6, want: 10 }), 7);
});

Deno.test("a wish is forgotten when nobody repeats it, and a silent holder is asked (LG3)", () => {
  const { clock, held, tell, called } = setup();
  held("a", { want: 10 });
  held("b", { want: 10 });
  clock.nowMs += WANT_KEPT_MS + 1;
  assert.equal(tell("a", { keep: 10, want: 10 })?.share, null);
  clock.nowMs += HOLDER_SILENT_MS + 1;
  held("c", { want: 1 });
  assert.ok(called().includes("a"));
});

Deno.test("a claim that was overtaken changes nothing (LI1)", () => {
  const { tell, state } = setup();
  tell("a", { want: 4 }, { turn: 2 });
  const before = state();
  assert.equal(tell("a", { want: 9 }, { turn: 1 }), undefined);
  assert.deepEqual(state(), before);
});

Deno.test("the newest settings count, whoever knows them", () => {
  const { held, state } = setup();
  held("a", { want: 10 }, { version: 3, limit: { concurrency: 2, rate: null } });
  assert.equal(held("b", { want: 10 }, { version: 2 }), 0);
  assert.equal(state().limits.concurrency, 2);
  assert.equal(held("b", { want: 10 }, { version: 4 }), 5);
});

Deno.test("starts are granted with their moments, in parts for each node that asks", () => {
  const { tell, clock } = setup({ concurrency: null, rate: { limit: 10, perMs: 1_000 } });
  const first = tell("a", { starts: 100 });
  assert.deepEqual(first?.starts, [{ inMs: 0, atMs: clock.nowMs, count: 5 }]);
  assert.equal(tell("b", { starts: 100 })?.starts[0]?.count, 3);
  const back = first?.starts.map(({ atMs, count }): [number, number] => [atMs, count]) ?? [];
  assert.deepEqual(tell("a", { unused: back })?.starts, []);
});

Deno.test("a gate without holders and starts is left out, and the actor may go", () => {
  const { tell, state } = setup();
  tell("a", { gate: "k", want: 1 });
  assert.ok(limiterBehaviour.resident(state()));
  tell("a", { gate: "k", keep: 0, want: 0 });
  assert.equal(state().gates.size, 0);
  assert.ok(!limiterBehaviour.resident(state()));
});

Deno.test("decodeLimiter() refuses what is no limiter (C4)", () => {
  const draft = draftOfLimiter("mail", { id: ID, nowMs: 0 });
  for (const part of [{ head: "{}" }, { head: "" }, { body: "null" }]) {
    const snapshot = { ...draft, shard: 0 as ShardId, version: 1, ...part };
    assert.throws(() => decodeLimiter(snapshot), /does not hold a limiter/);
  }
});
