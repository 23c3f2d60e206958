import assert from "node:assert/strict";
import { execute } from "../execute.ts";
import { fakeWorld } from "../testing/fake_world.ts";

const AT = "2027-01-01T00:00:00.000Z";

async function watched(args: string[], answer: Response) {
  const under = fakeWorld({ fetch: () => Promise.resolve(answer) });
  const code = await execute(["watch", ...args], under.world, { version: "1" });
  return { code, printed: under.printed, complaints: under.complaints };
}

function stream(...events: object[]): Response {
  return new Response(
    events.map((data) => `event: job\nid: 1\ndata: ${JSON.stringify(data)}\n\n`).join(""),
  );
}

Deno.test("watch ID prints each change, and tells by its code how the job ended", async () => {
  const running = { at: AT, state: "running", attempt: 1, progress: 40 };
  const over = { at: AT, state: "completed", attempt: 1, progress: null };
  assert.deepEqual(await watched(["j1"], stream(running, over)), {
    code: 0,
    printed: [`${AT}  running  attempt 1  40 %`, `${AT}  completed  attempt 1`],
    complaints: [],
  });
  const failed = { ...over, state: "failed" };
  const { code, printed } = await watched(["j1", "--json"], stream(failed));
  assert.deepEqual([code, printed], [1, [JSON.stringify(failed)]]);
});

Deno.test("watch prints the changes of all jobs that are asked for, as many as are", async () => {
  const change = { at: AT, jobId: "j1", name: "mail", queue: "q", attempt: 1, progress: null };
  const events = ["pending", "running", "failed", "failed"].map((state) => ({ ...change, state }));
  const { code, printed } = await watched(
    ["--state", "failed", "--count", "1"],
    stream(...events, { ...change, state: "completed" }),
  );
  assert.deepEqual([code, printed], [0, [`${AT}  failed     j1  mail  q  attempt 1`]]);
});

Deno.test("watch tells refusals from wrong arguments", async () => {
  const refused = await watched(["j1"], new Response("none", { status: 404 }));
  assert.equal(refused.code, 1);
  assert.match(refused.complaints[0] ?? "", /404/);
  assert.equal((await watched(["a", "b"], new Response())).code, 2);
  assert.equal((await watched(["j1", "--tag", "x"], new Response())).code, 2);
  assert.equal((await watched(["j1", "--count", "2"], new Response())).code, 2);
  assert.equal((await watched(["--count", "none"], new Response())).code, 2);
});
