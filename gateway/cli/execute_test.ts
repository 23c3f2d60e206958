import assert from "node:assert/strict";
import { setup } from "../testing/setup.ts";
import { execute } from "./execute.ts";
import { fakeWorld, type WorldParts } from "./testing/fake_world.ts";

async function run(args: string[], parts: WorldParts = {}) {
  const under = fakeWorld(parts);
  const code = await execute(args, under.world, { version: "1.2.3" });
  return { code, out: under.printed.join("\n"), err: under.complaints.join("\n") };
}

/** Answers with `response`, and keeps what was asked. */
function answering(response: () => Response) {
  const asked: Request[] = [];
  const answer: typeof fetch = (input, init) => {
    asked.push(new Request(input, init));
    return Promise.resolve(response());
  };
  return { fetch: answer, asked };
}

function problem(status: number, more: object = {}): Response {
  const document = { type: "urn:orrery:problem:x", title: "No", status, detail: "why", ...more };
  return Response.json(document, {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

Deno.test("execute() shows help of all and of one, and the version, on stdout", async () => {
  const all = await run(["--help"]);
  assert.equal(all.code, 0);
  assert.match(all.out, /^Usage: orrery COMMAND/);
  assert.match(all.out, /Exit codes:/);
  const one = await run(["schedule", "create", "--help"]);
  assert.equal(one.code, 0);
  assert.match(one.out, /Example:\n {2}orrery schedule create send-report/);
  assert.match(one.out, /--dst-gap run-after\|skip/);
  assert.doesNotMatch(one.out, /--follow/);
  assert.deepEqual(await run(["--version"]), { code: 0, out: "1.2.3", err: "" });
});

Deno.test("execute() says on stderr what is wrong with the arguments, and where help is", async () => {
  const { code, out, err } = await run(["get"]);
  assert.deepEqual([code, out], [2, ""]);
  assert.equal(err, "get takes 1 operands\norrery get --help says more.");
  assert.match((await run(["launch"])).err, /unknown command: launch\norrery --help/);
});

Deno.test("execute() shows refusals with their fields, and repeats none of it to machines", async () => {
  const errors = [{ path: "priority", message: "must be at most 9" }];
  const refusing = answering(() => problem(400, { errors }));
  const told = await run(["submit", "mail"], refusing);
  assert.deepEqual([told.code, told.out], [1, ""]);
  assert.equal(told.err, "400 No: why\n  priority: must be at most 9");
  const json = await run(["submit", "mail", "--json"], refusing);
  assert.deepEqual([json.code, json.err], [1, ""]);
  assert.deepEqual(JSON.parse(json.out).errors, errors);
});

Deno.test("execute() tells what may work later from what will not", async () => {
  for (const [status, code] of [[404, 1], [409, 1], [429, 3], [503, 3], [504, 3]] as const) {
    assert.equal((await run(["get", "a"], answering(() => problem(status)))).code, code);
  }
  const none = await run(["get", "a"]);
  assert.equal(none.code, 3);
  assert.match(none.err, /^cannot reach http:\/\/127\.0\.0\.1:8080: connection refused\n/);
  const stranger = await run(["get", "a"], answering(() => new Response("<html>")));
  assert.equal(stranger.code, 3);
  assert.match(stranger.err, /no node of Orrery/);
});

Deno.test("execute() shows the key to the node and to nobody else", async () => {
  const refusing = answering(() => problem(401));
  const parts = { ...refusing, files: { "k.txt": "orrery_secret\n" } };
  const { err } = await run(["get", "a", "--key-file", "k.txt"], parts);
  assert.equal(refusing.asked[0]?.headers.get("authorization"), "Bearer orrery_secret");
  assert.match(err, /Show a key: --key-file/);
  assert.doesNotMatch(err, /orrery_secret/);
  const wrong = await run(["get", "a", "--key", "two words"], parts);
  assert.equal(wrong.code, 2);
  assert.doesNotMatch(wrong.err, /two words/);
});

Deno.test("execute() reads payloads from files and from stdin", async () => {
  const taking = answering(() => Response.json({ id: "j1", state: "pending", name: "mail" }));
  const files = { "order.json": '{"a":1}', "-": '{"b":2}' };
  assert.equal((await run(["submit", "mail", "@order.json"], { ...taking, files })).code, 0);
  await run(["submit", "mail", "-"], { ...taking, files });
  const bodies = await Promise.all(taking.asked.map((request) => request.json()));
  assert.deepEqual(bodies.map(({ payload }) => payload), [{ a: 1 }, { b: 2 }]);
  assert.equal((await run(["submit", "mail", "@none.json"], { ...taking, files })).code, 2);
});

Deno.test("submit --follow goes on to the job's end", async () => {
  const over = { at: "T", state: "failed", attempt: 1, progress: null };
  const { code, out } = await run(["submit", "mail", "--follow"], {
    fetch: (input) =>
      Promise.resolve(
        String(input).endsWith("/events")
          ? new Response(`event: job\ndata: ${JSON.stringify(over)}\n\n`)
          : Response.json({ id: "j1", state: "pending", name: "mail" }),
      ),
  });
  assert.deepEqual([code, out], [1, "j1  pending  mail\nT  failed  attempt 1"]);
});

Deno.test("logs --follow shows what is logged until the job is over", async () => {
  let asked = 0;
  const pages = [["one"], ["two"], [], ["three"], []];
  const { code, out } = await run(["logs", "j1", "--follow"], {
    fetch: (input) => {
      if (!String(input).includes("/logs")) {
        return Promise.resolve(Response.json({ state: asked < 3 ? "running" : "completed" }));
      }
      const lines = pages[asked++]!.map((text) => ({ n: asked, text }));
      return Promise.resolve(Response.json({ lines, next: asked }));
    },
  });
  assert.deepEqual([code, out], [0, "one\ntwo\nthree"]);
});

Deno.test("a real gateway takes what the commands send", async () => {
  const { gateway } = setup();
  const parts: WorldParts = {
    fetch: async (input, init) => await gateway.fetch(new Request(input, init)),
  };
  const submitted = await run(
    ["submit", "mail", '{"to":"x"}', "--id", "j1", "--delay", "1h"],
    parts,
  );
  assert.match(submitted.out, /^j1 {2}scheduled {2}mail/);
  assert.match((await run(["get", "j1"], parts)).out, /^payload +\{"to":"x"\}$/m);
  assert.match((await run(["list"], parts)).out, /^ID +STATE +NAME +QUEUE +RUN AT\nj1 /);
  assert.match((await run(["counts"], parts)).out, /^QUEUE +SCHEDULED\ndefault +1\ntotal {2}1$/);
  assert.match((await run(["cancel", "j1"], parts)).out, /cancelled/);
});
