/**
 * Limits on three real nodes: what runs at once and how fast jobs start, whoever is killed meanwhile.
 * @module
 */
import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import { type LedgerLine, readLedger } from "./support/audit.ts";
import { ClusterRig } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";

/** `ORRERY_TESTS=long`: the full figures. */
const LONG = Deno.env.get("ORRERY_TESTS") === "long";
const NAMES = ["a", "b", "c"];
const ignore = !await hasRedis();
const LIMIT = 10;
/** After a node was killed as many run again as may, within this. */
const BACK_WITHIN_MS = 5_000;
const KILLS = LONG ? 5 : 1;
const RATE_SECONDS = LONG ? 60 : 15;
const STARTS_PER_SECOND = 50;
/** A stall of the machine is lost to a rate; in a short run it weighs more. */
const SHORTFALL_MAX = LONG ? 0.02 : 0.05;

/** A moment at which the number of attempts under way changes. */
interface Change {
  readonly atMs: number;
  readonly by: 1 | -1;
}

/** Attempts without an end were ended by the first kill after their start. */
function changesOf(ledger: readonly LedgerLine[], killsMs: readonly number[]): Change[] {
  const changes: Change[] = [];
  const ends = new Map(
    ledger.filter(({ what }) => what === "end").map((
      line,
    ) => [`${line.jobId} ${line.fence}`, line.atMs]),
  );
  for (const { what, jobId, fence, atMs } of ledger) {
    if (what !== "start") continue;
    const endMs = ends.get(`${jobId} ${fence}`) ?? killsMs.find((killMs) => killMs >= atMs);
    changes.push({ atMs, by: 1 });
    if (endMs !== undefined) changes.push({ atMs: endMs, by: -1 });
  }
  // What ends at the moment at which another starts made room for it.
  return changes.sort((one, other) => one.atMs - other.atMs || one.by - other.by);
}

/** The most that ran at once, and when `count` ran again after each kill, ms later. */
function runOf(changes: readonly Change[], killsMs: readonly number[]) {
  let [running, most] = [0, 0];
  const back = killsMs.map(() => Infinity);
  for (const { atMs, by } of changes) {
    running += by;
    most = Math.max(most, running);
    killsMs.forEach((killMs, at) => {
      if (running === LIMIT && atMs > killMs) back[at] = Math.min(back[at]!, atMs - killMs);
    });
  }
  return { most, back };
}

/** While shards move a queue's owner may have no time. */
async function setQueue(rig: ClusterRig, name: string, json: object): Promise<void> {
  const { client } = rig.nodes[0]!;
  let last: unknown;
  await eventually(async () => {
    const { status, body } = await client.send(`/queue/${name}`, { method: "PUT", json });
    last = body;
    return status === 200 || undefined;
  }, {
    what: () => `settings of ${name}: ${JSON.stringify(last)}`,
    withinMs: 10_000,
    everyMs: 200,
  });
}

async function submit(rig: ClusterRig, count: number, job: object): Promise<void> {
  const client = rig.nodes[0]!.client;
  for (let at = 0; at < count; at += 1_000) {
    const jobs = Array.from({ length: Math.min(1_000, count - at) }, () => job);
    const { status, body } = await client.bulk(jobs);
    assert.deepEqual([status, body.rejected], [202, 0]);
  }
}

Deno.test(
  "ten of a key run at once on three nodes, never more, and ten again soon after a kill -9",
  {
    ignore,
  },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    await setQueue(rig, "shared", { perKey: { concurrency: LIMIT } });
    const job = { name: "ledger", payload: { ms: 100 }, queue: "shared", concurrencyKey: "tenant" };
    await submit(rig, LONG ? 8_000 : 3_000, job);
    await pause(3_000);
    const killsMs: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = rig.nodes[1 + kill % 2]!;
      victim.process.signal("SIGKILL");
      await victim.process.exited;
      // Not before: an attempt that starts while the signal is on its way was ended by it, too.
      killsMs.push(Date.now());
      await pause(7_000);
      await rig.restart(victim);
      await pause(3_000);
    }
    const { most, back } = runOf(
      changesOf(readLedger(await rig.workspace.ledger()), killsMs),
      killsMs,
    );
    console.log(`at most ${most} at once; ${LIMIT} again ${back.join(", ")} ms after a kill`);
    assert.equal(most, LIMIT);
    for (const ms of back) assert.ok(ms <= BACK_WITHIN_MS, `${ms} ms`);
  },
);

for (const [per, spanMs] of [["second", 1_000], ["minute", 60_000]] as const) {
  const name =
    `three nodes together keep to a rate of ${STARTS_PER_SECOND} a second, counted by the ${per}`;
  Deno.test(name, { ignore }, async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.agreed();
    const limit = STARTS_PER_SECOND * spanMs / 1_000;
    await setQueue(rig, "paced", { rate: { limit, per } });
    await submit(rig, STARTS_PER_SECOND * (RATE_SECONDS + 10), {
      ...{ name: "ledger", payload: { ms: 0 }, queue: "paced" },
    });
    const { client } = rig.nodes[0]!;
    await eventually(async () => {
      const { queues } = await client.counts();
      const wanted = STARTS_PER_SECOND * (RATE_SECONDS + 3);
      return (queues["paced"]?.["completed"] ?? 0) >= wanted || undefined;
    }, { what: () => "starts", withinMs: (RATE_SECONDS + 30) * 1_000, everyMs: 200 });
    const starts = readLedger(await rig.workspace.ledger())
      .filter(({ what }) => what === "start").map(({ atMs }) => atMs).sort((a, b) => a - b);
    const within = (fromMs: number, ms: number) =>
      starts.filter((atMs) => atMs >= fromMs && atMs < fromMs + ms).length;
    const error = within(starts[0]! + 2_000, RATE_SECONDS * 1_000) /
        (STARTS_PER_SECOND * RATE_SECONDS) - 1;
    const inTwo = Math.max(...starts.map((fromMs) => within(fromMs, 2_000)));
    console.log(`${(100 * error).toFixed(2)} % off; at most ${inTwo} in two seconds`);
    assert.ok(error <= 0.02 && error >= -SHORTFALL_MAX, `${100 * error} %`);
    // What is told of a start is when its handler ran, on a machine that others may overload; and a minute's rate
    // allows half a second's worth at once.
    const most = 2 * STARTS_PER_SECOND + (per === "second" ? 0 : STARTS_PER_SECOND / 2);
    assert.ok(inTwo <= 1.25 * most, `${inTwo} in two seconds`);
  });
}
