import assert from "node:assert/strict";
import { hasRedis } from "../tools/redis.ts";
import type { LedgerLine } from "./support/audit.ts";
import { ClusterRig, type RigNode } from "./support/cluster_rig.ts";
import { eventually, pause } from "./support/eventually.ts";
import { assertKept, keptText } from "./support/kept.ts";
import { LONG, NAMES } from "./support/length.ts";
import { PersistentLoad } from "./support/persistent_load.ts";

const KILLS = LONG ? 5 : 1;
const AWAY_MS = LONG ? 5_000 : 2_000;
/** After Redis is back, within this the cluster is as fast as before. */
const RECOVERED_WITHIN_MS = 5_000;
/** How long speed is measured, ms. */
const SPAN_MS = LONG ? 5_000 : 2_500;
/** Of the speed before, after: machines have other things to do, too. */
const SPEED_MIN = LONG ? 0.8 : 0.4;

Deno.test(
  `Redis killed ${KILLS} times under load: 503 meanwhile, nothing accepted is lost, full speed soon after`,
  { ignore: !await hasRedis() },
  async () => {
    await using rig = await ClusterRig.start(NAMES, { handlers: ["ledger"] });
    await rig.balanced();
    const load = new PersistentLoad({
      client: rig.anyone,
      job: () => ({ name: "ledger", payload: { ms: 0 } }),
      paceMs: 100,
    });
    const submitting = load.run();
    const outages: Outage[] = [];
    await pause(SPAN_MS);
    for (let kill = 0; kill < KILLS; kill++) outages.push(await outage(rig));
    load.stop();
    await submitting;
    await rig.agreed();
    const kept = await assertKept(rig, load);
    console.log(keptText(kept));
    for (const { downMs, backMs, acceptedMs } of outages) {
      const before = speed(kept.ledger, downMs - SPAN_MS);
      const after = speed(kept.ledger, backMs + RECOVERED_WITHIN_MS);
      console.log(
        `accepted again after ${acceptedMs} ms; ended per second before ${before}, after ${after}`,
      );
      assert.ok(acceptedMs <= RECOVERED_WITHIN_MS, `${acceptedMs} ms`);
      assert.ok(after >= SPEED_MIN * before, `${before} before, ${after} after`);
    }
  },
);

/** One death of Redis; times by the wall clock. */
interface Outage {
  readonly downMs: number;
  readonly backMs: number;
  /** From there to the first job accepted, ms. */
  readonly acceptedMs: number;
}

/** Kills Redis, starts it again after a while, and waits until speed can have been measured. */
async function outage(rig: ClusterRig): Promise<Outage> {
  const [{ client }] = rig.nodes as [RigNode];
  const downMs = Date.now();
  await rig.redis.kill();
  await pause(AWAY_MS);
  const refused = await client.post({ name: "noop" });
  assert.deepEqual([refused.status, refused.headers.has("retry-after")], [503, true]);
  await rig.redis.restart();
  const backMs = Date.now();
  await eventually(
    async () => (await client.post({ name: "noop", queue: "after" })).status === 202 || undefined,
    { what: "submissions accepted again", withinMs: 10_000, everyMs: 20 },
  );
  const acceptedMs = Date.now() - backMs;
  await eventually(() => Date.now() > backMs + RECOVERED_WITHIN_MS + SPAN_MS || undefined, {
    what: "the time in which speed is measured",
    everyMs: 100,
  });
  return { downMs, backMs, acceptedMs };
}

/** Attempts that ended per second, in the span from there on. */
function speed(ledger: readonly LedgerLine[], fromMs: number): number {
  const ended = ledger.filter(({ what, atMs }) =>
    what === "end" && atMs >= fromMs && atMs < fromMs + SPAN_MS
  );
  return Math.round(ended.length * 1_000 / SPAN_MS);
}
