/**
 * BullMQ beside the Redis store: what one of its waiting jobs weighs, with the same payload, in the same server.
 * @module
 */
import { connectionTo, loadBullMq } from "../bullmq/library.ts";
import type { RedisServer } from "../harness/redis.ts";

const BULK = 1_000;
const DELAY_MS = 3_600_000;

/** Bytes of one of `count` jobs that wait for their time, one due each millisecond; empties the server before. */
export async function bullMqBytes(
  redis: RedisServer,
  { count, payload }: { readonly count: number; readonly payload: unknown },
): Promise<number> {
  await redis.flush();
  const queue = new (loadBullMq().Queue)("bench", { connection: connectionTo(redis.port) });
  const add = (from: number, length: number) =>
    queue.addBulk(Array.from({ length }, (_, at) => {
      return { name: "noop", data: payload, opts: { delay: DELAY_MS + from + at } };
    }));
  try {
    await queue.waitUntilReady();
    await add(0, 1); // What the queue itself takes.
    const before = await redis.memoryBytes();
    let added = 0;
    for (; added < count; added += BULK) await add(added, BULK);
    return (await redis.memoryBytes() - before) / added;
  } finally {
    await queue.close();
  }
}
