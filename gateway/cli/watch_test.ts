import assert from "node:assert/strict";
import { watch } from "./watch.ts";

const AT = "2027-01-01T00:00:00.000Z";

async function watched(args: string[], answer: Response) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await watch(args, {
    url: "http://node:1",
    attempts: 1,
    fetch: () => Promise.resolve(answer),
    print: (line) => void printed.push(line),
    complain: (line) => void complaints.push(line),
  });
  return { code, printed, complaints };
}

function stream(...events: object[]): Response {
  return new Response(
    events.map((data) => `event: job\ndata: ${JSON.stringify(data)}\n\n`).join(""),
  );
}

Deno.test("watch() prints each change, and tells by its code how the job ended", async () => {
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

Deno.test("watch() tells refusals from wrong arguments", async () => {
  const refused = await watched(["j1"], new Response("none", { status: 404 }));
  assert.equal(refused.code, 1);
  assert.match(refused.complaints[0] ?? "", /404/);
  assert.equal((await watched([], new Response())).code, 2);
  assert.equal((await watched(["j1", "--tag", "x"], new Response())).code, 2);
});
