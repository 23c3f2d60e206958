/**
 * Works through many rows, and goes on where it was when it is interrupted.
 *
 *     {"name": "import-rows", "payload": {"rows": 10000}}
 *
 * A checkpoint is kept with the job. When the node drains, or the attempt runs out of time, the
 * signal aborts; the next attempt begins at the last checkpoint instead of at the first row.
 */
import { defineJob } from "orrery";

const ROWS_PER_BATCH = 500;

interface Position {
  readonly row: number;
}

export default defineJob<{ readonly rows: number }>({
  name: "import-rows",
  timeout: "10m",

  async run(ctx, { rows }) {
    const last = ctx.lastCheckpoint as Position | null;
    let row = last?.row ?? 0;
    ctx.log(row === 0 ? "starting" : `resuming at row ${row}`);
    while (row < rows) {
      ctx.signal.throwIfAborted();
      row = await importBatch(row, Math.min(row + ROWS_PER_BATCH, rows));
      await ctx.checkpoint({ row });
      await ctx.progress(100 * row / rows);
    }
    return { imported: rows };
  },
});

/** Stands for the work; returns the row after the last one that is done. */
async function importBatch(_from: number, until: number): Promise<number> {
  await new Promise((done) => setTimeout(done, 5));
  return until;
}
