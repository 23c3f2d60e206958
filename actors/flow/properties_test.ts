/** Random flows in a hostile world, against a model that knows nothing of messages. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { caseOf, expected, type Pick, walk } from "./testing/model.ts";
import { type Ending, World } from "./testing/world.ts";

/** Troubles of one run: afterwards the world is kind, so that every flow comes to its end. */
const TROUBLES_MAX = 12;

/** Lets something happen that may happen; false when only time can help. */
async function happen(world: World, { endings, pick, troubled }: {
  readonly endings: readonly Ending[];
  readonly pick: Pick;
  readonly troubled: () => boolean;
}): Promise<boolean> {
  const { open, letters, reads } = world;
  const choices = open.length + letters.length + reads.length;
  if (choices === 0) return false;
  if (troubled() && pick(4) === 0) {
    // Nothing of what is on its way arrives.
    world.die();
    if (pick(2) === 0) world.tell({ kind: "adopted" });
    return true;
  }
  let choice = pick(choices);
  const key = open[choice];
  if (key !== undefined) world.end(key, endings[Number(key.slice(1))]!);
  const letter = letters[choice -= open.length];
  if (letter) {
    const fate = troubled() ? pick(4) : 0;
    if (fate === 0) world.deliver(letter);
    if (fate === 1) world.hand(letter);
    if (fate === 2) world.letters = letters.filter((one) => one !== letter);
    if (fate === 3) world.deliver(letter, { dies: true });
  }
  const read = reads[choice - letters.length];
  if (read) await world.answer(read);
  await world.drained();
  return true;
}

/** Runs a flow to its end through every trouble that `pick` comes up with. */
async function runThrough(world: World, { endings, pick, troubles }: {
  readonly endings: readonly Ending[];
  readonly pick: Pick;
  readonly troubles: number;
}): Promise<void> {
  let left = troubles;
  const troubled = () => left > 0 && pick(3) === 0 && left-- > 0;
  const happening = { endings, pick, troubled };
  while (world.flow.endedAtMs === null) {
    if (await happen(world, happening)) continue;
    world.wake({ dies: troubled() });
    await world.drained();
  }
}

/** Checks one random flow from its first to its last step. */
async function check(seed: number, { nodesMax, troubles = TROUBLES_MAX }: {
  readonly nodesMax: number;
  readonly troubles?: number;
}): Promise<World> {
  const pick = walk(seed);
  const one = caseOf(pick, nodesMax);
  const world = new World(one.plan);
  await runThrough(world, { endings: one.endings, pick, troubles });
  const { nodes, state } = world.flow;
  assert.deepEqual({ nodes, state }, expected(one));
  assert.equal(new Set(world.made).size, world.made.length, "each node is made once");
  for (const count of world.completions.values()) assert.equal(count, 1);
  assert.equal(JSON.parse(world.callback!.spec.payload).flow.state, state);
  return world;
}

Deno.test("any flow, whatever is lost, repeated or late: order respected, each node once, the end as its policies say (F1–F5)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 31 }), async (seed) => {
      await check(seed, { nodesMax: 12 });
    }),
    { numRuns: 400 },
  );
});

Deno.test("any flow that is retried until it completes runs each job that did not complete again, and none that did", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 31 }), async (seed) => {
      const world = await check(seed, { nodesMax: 10 });
      const pick = walk(seed + 1);
      const before = new Map(world.completions);
      if (world.flow.state === "completed") return;
      world.tell({ kind: "retry" });
      const endings = world.plan.nodes.map(() => "ok" as const);
      await runThrough(world, { endings, pick, troubles: TROUBLES_MAX });
      const { nodes, state } = world.flow;
      assert.equal(state, "completed");
      assert.doesNotMatch(nodes, /[^cs]/);
      for (const [key, count] of before) assert.equal(world.completions.get(key), count);
      for (const count of world.completions.values()) assert.equal(count, 1);
    }),
    { numRuns: 200 },
  );
});

Deno.test("any flow that is cancelled at any moment ends; nothing begins afterwards", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 31 }), async (seed) => {
      const pick = walk(seed);
      const { plan, endings } = caseOf(pick, 10);
      const world = new World(plan);
      const happening = { endings, pick, troubled: () => false };
      world.wake();
      for (let steps = pick(40); steps > 0 && await happen(world, happening);) steps--;
      const made = world.made.length;
      const reply = world.tell({ kind: "cancel" }, { dies: pick(2) === 0 });
      await runThrough(world, { endings, pick, troubles: TROUBLES_MAX });
      if (reply?.kind === "refused") return;
      assert.equal(world.made.length, made);
      assert.doesNotMatch(world.flow.nodes, /[wvor]/);
      if (/[xn]/.test(world.flow.nodes)) assert.equal(world.flow.state, "cancelled");
    }),
    { numRuns: 200 },
  );
});

Deno.test("a flow of 1,000 nodes through failures and crashes", async () => {
  let nodes = 0;
  for (let seed = 1; nodes < 1_000; seed++) {
    const pick = walk(seed);
    if (caseOf(pick, 1_400).plan.nodes.length < 1_000) continue;
    const world = await check(seed, { nodesMax: 1_400, troubles: 100 });
    nodes = world.plan.nodes.length;
    assert.ok(world.made.length > 300, `only ${world.made.length} of ${nodes} jobs were to run`);
  }
});
