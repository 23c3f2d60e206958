import assert from "node:assert/strict";
import { createClient, UnreachableError } from "../client.ts";
import { setup } from "../testing/setup.ts";
import { CHUNK_CHARS_MAX, CHUNK_JOBS_MAX, chunks } from "./bulk.ts";

type Fetch = (request: Request) => Promise<Response>;

/** A client of a gateway; `spoil` stands between them. */
function connected(
  spoil: (ask: Fetch, request: Request) => Promise<Response> = (ask, r) => ask(r),
) {
  const { gateway, jobs } = setup();
  const client = createClient({
    url: "http://127.0.0.1",
    wait: () => Promise.resolve(),
    fetch: (input, init) =>
      spoil(async (request) => await gateway.fetch(request), new Request(input, init)),
  });
  return { client, made: async () => (await listed(jobs)).length };
}

async function listed(jobs: ReturnType<typeof setup>["jobs"]) {
  return (await jobs.list({ filter: {}, order: "oldest", limit: 1_000 })).records;
}

Deno.test("submitMany() tells each job's fate, in their order", async () => {
  const { client, made } = connected();
  await client.submit("mail", null, { id: "taken" });
  const outcomes = await client.submitMany([
    { name: "mail", payload: { to: "x" } },
    { name: "", payload: null },
    { name: "mail", payload: null, id: "taken" },
    { name: "mail", payload: null, unique: { key: "k" } },
  ]);
  assert.deepEqual(outcomes.map(({ kind }) => kind), [
    ...["accepted", "refused", "exists", "accepted"],
  ]);
  const [first, second] = outcomes;
  assert.ok(first?.kind === "accepted" && second?.kind === "refused");
  assert.deepEqual((await first.job.get()).payload, { to: "x" });
  assert.equal(second.problem.errors?.[0]?.path, "name");
  assert.equal(await made(), 3);
});

Deno.test("submitMany() makes no job twice when an answer is lost", async () => {
  let lost = 0;
  const { client, made } = connected(async (ask, request) => {
    const response = await ask(request);
    if (request.method === "POST" && lost++ === 0) throw new TypeError("connection reset");
    return response;
  });
  const outcomes = await client.submitMany([
    { name: "mail", payload: 1 },
    { name: "mail", payload: 2, id: "own" },
  ]);
  assert.deepEqual(outcomes.map(({ kind }) => kind), ["accepted", "accepted"]);
  assert.equal(await made(), 2);
});

Deno.test("submitMany() sends again only those that met a full node", async () => {
  const sent: number[] = [];
  const { client, made } = connected(async (ask, request) => {
    const jobs = await request.clone().json() as unknown[];
    sent.push(jobs.length);
    if (sent.length > 1) return ask(request);
    const [first] = jobs;
    const body = JSON.stringify([first]);
    await ask(new Request(request.url, { method: "POST", headers: request.headers, body }));
    const errors = [{ index: 1, status: 503, title: "Busy", detail: "full" }];
    return Response.json({ accepted: 1, rejected: 1, jobs: [{ index: 0 }], errors });
  });
  const outcomes = await client.submitMany([
    { name: "mail", payload: 1 },
    { name: "mail", payload: 2 },
  ]);
  assert.deepEqual(outcomes.map(({ kind }) => kind), ["accepted", "accepted"]);
  assert.deepEqual([sent, await made()], [[2, 1], 2]);
});

Deno.test("submitMany() gives up when nothing answers", async () => {
  const { client } = connected(() => Promise.reject(new TypeError("refused")));
  await assert.rejects(client.submitMany([{ name: "a", payload: 1 }]), UnreachableError);
  assert.deepEqual(await client.submitMany([]), []);
});

Deno.test("chunks() bound jobs and characters of a request, and lose none", () => {
  const small = Array.from({ length: CHUNK_JOBS_MAX + 1 }, (_, at) => ({ id: `${at}` }));
  assert.deepEqual([...chunks(small)].map(({ length }) => length), [CHUNK_JOBS_MAX, 1]);
  const big = { id: "a", payload: "x".repeat(CHUNK_CHARS_MAX / 2) };
  assert.deepEqual([...chunks([big, big, big])].map(({ length }) => length), [1, 1, 1]);
});
