import assert from "node:assert/strict";
import { execute } from "../execute.ts";
import { fakeWorld } from "../testing/fake_world.ts";

/** A node that takes all jobs and has done half of what is left whenever it is asked. */
function halving(failing = 0) {
  let taken = 0;
  let done = 0;
  const sizes: number[] = [];
  const answer = async (request: Request): Promise<unknown> => {
    const { pathname } = new URL(request.url);
    if (pathname === "/jobs" && request.method === "POST") {
      const jobs: { queue: string }[] = await request.json();
      taken += jobs.length;
      sizes.push(jobs.length);
      return { jobs: jobs.map((_, index) => ({ index })), errors: [] };
    }
    if (pathname === "/jobs/counts") {
      done += Math.ceil((taken - done) / 2);
      const counts = { completed: done - Math.min(failing, done), failed: Math.min(failing, done) };
      return { queues: { q: { ...counts, cancelled: 0 } } };
    }
    const times = { startedAt: "2027-01-01T00:00:00.005Z", runAt: "2027-01-01T00:00:00.000Z" };
    const jobs = Array.from({ length: 3 }, (_, at) => ({
      ...times,
      state: at < failing ? "failed" : "completed",
    }));
    return { jobs, cursor: null };
  };
  const asked: typeof fetch = async (input, init) =>
    Response.json(await answer(new Request(input, init)));
  return { fetch: asked, sizes };
}

Deno.test("bench submits so many jobs, waits for their end, and tells how long it took", async () => {
  const node = halving();
  let nowMs = 0;
  const { world, printed } = fakeWorld({ fetch: node.fetch, nowMs: () => (nowMs += 10) });
  const args = ["bench", "--count", "25", "--batch", "10", "--queue", "q", "--json"];
  assert.equal(await execute(args, world, { version: "1" }), 0);
  assert.deepEqual(node.sizes.toSorted((a, b) => a - b), [5, 10, 10]);
  const report = JSON.parse(printed[0] ?? "");
  assert.deepEqual([report.jobs, report.failed, report.startWaitMs.p99], [25, 0, 5]);
  assert.ok(report.submitted.perSecond > report.done.perSecond);
});

Deno.test("bench does not end well when jobs failed", async () => {
  const { world } = fakeWorld({ fetch: halving(1).fetch });
  assert.equal(
    await execute(["bench", "--count", "3", "--queue", "q"], world, { version: "1" }),
    1,
  );
});

Deno.test("bench says which numbers it takes", async () => {
  for (
    const [option, value] of [["count", "0"], ["batch", "5000"], ["concurrency", "x"]] as const
  ) {
    const { world, complaints } = fakeWorld();
    const code = await execute(["bench", `--${option}`, value], world, { version: "1" });
    assert.equal(code, 2);
    assert.match(complaints[0] ?? "", new RegExp(`--${option} takes`));
  }
});
