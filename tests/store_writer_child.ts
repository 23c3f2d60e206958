/**
 * A process that writes to a store until it is killed, and says what was acknowledged.
 *
 *     deno run --allow-all tests/store_writer_child.ts PATH ROUND
 *
 * Line `ready` once it owns the shards; then one line per acknowledged batch: `ok BATCH`. Batch B of
 * round R inserts `r<R>-<B>-<0…9>` and then moves the first five of them.
 * @module
 */
import { openStore } from "../runtime/store/open_driver.ts";
import { ALL_SHARDS, insert, ME, move, own, SHARDS } from "../runtime/store/testing/fixtures.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const [path, round] = Deno.args as [string, string];
const encoder = new TextEncoder();
const say = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

const store = await openStore(`sqlite:${path}`, { shards: SHARDS }, { clock: systemClock });
await own(store);
const epoch = (await store.fences())[ALL_SHARDS[0] as number]?.epoch ?? 0;
say(`ready ${ME.node}`);

for (let batch = 0;; batch += 2) {
  await Promise.all([batch, batch + 1].map(async (number) => {
    const ids = Array.from({ length: 10 }, (_, at) => `r${round}-${number}-${at}`);
    const writes = ids.map((id) => insert(id, { labels: ["state=new"], wakeAtMs: 1 }));
    const moves = ids.slice(0, 5).map((id) =>
      move(id, 1, { epoch, labels: ["state=old"], tally: "default/old" })
    );
    const outcomes = await store.apply([...writes, ...moves]);
    if (outcomes.every(({ kind }) => kind === "applied")) say(`ok ${number}`);
    else say(`refused ${number} ${JSON.stringify(outcomes)}`);
  }));
}
