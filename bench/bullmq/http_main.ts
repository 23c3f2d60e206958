/**
 * The HTTP competitor: `http_main.ts REDIS_PORT`, a Hono route on Deno that calls BullMQ's `add`.
 * Says `{ok: {url}}` when it listens, and ends with standard input.
 *
 * @module
 */
import { say, serveRequests } from "../harness/process.ts";
import { connectionTo, loadBullMq, loadHono } from "./library.ts";

const { Queue } = loadBullMq();
const queue = new Queue("bench", { connection: connectionTo(Number(Deno.args[0])) });
await queue.waitUntilReady();

const app = new (loadHono())();
app.post("/job", async (context) => {
  const body = await context.req.json() as { readonly name: string; readonly payload: unknown };
  const job = await queue.add(body.name, body.payload) as { readonly id: string };
  return context.json({ id: job.id }, 202);
});

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => say({ ok: { url: `http://127.0.0.1:${port}` } }),
}, app.fetch);

// The one request there is: how many jobs are stored.
await serveRequests(async () => {
  const counts = await queue.getJobCounts("waiting", "active", "delayed", "completed", "failed");
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
});
await server.shutdown();
await queue.close();
Deno.exit(0);
