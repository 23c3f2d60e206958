import assert from "node:assert/strict";
import { planCommand } from "./commands.ts";

const URL = "http://127.0.0.1:8080";

function plan(...args: string[]) {
  const made = planCommand(["queue", ...args], URL);
  if (made.kind !== "plan") assert.fail(String(made.problem));
  return made;
}

Deno.test("queue NAME shows a queue", () => {
  const { method, path, body, show } = plan("mail");
  assert.deepEqual([method, path, body], ["GET", "/queue/mail", null]);
  const perKey = { concurrency: null, rate: { limit: 1, per: "second" } };
  const answer = { name: "mail", paused: false, concurrency: 5, rate: null, perKey };
  assert.deepEqual(show({ ...answer, inUse: { running: 3, starts: null } }).split("\n"), [
    "mail  open  at most 5 at once, any rate",
    "each key  any number at once, 1/second",
    "in use  3 running",
  ]);
});

Deno.test("queue NAME sets what the options name, and nothing else", () => {
  const { method, body } = plan("mail", "--pause", "--rate", "600/minute", "--key-rate", "none");
  assert.equal(method, "PUT");
  assert.deepEqual(JSON.parse(body ?? ""), {
    paused: true,
    rate: { limit: 600, per: "minute" },
    perKey: { rate: null },
  });
  const other = plan("mail", "--resume", "--concurrency", "none", "--key-concurrency", "2");
  assert.deepEqual(JSON.parse(other.body ?? ""), {
    paused: false,
    concurrency: null,
    perKey: { concurrency: 2 },
  });
});

Deno.test("queue NAME refuses options that it can't read", () => {
  const problem = (...args: string[]) => {
    const made = planCommand(["queue", "mail", ...args], URL);
    return made.kind === "usage" ? made.problem : "";
  };
  assert.match(problem("--rate", "5") ?? "", /--rate takes N\/minute/);
  assert.match(problem("--concurrency", "many") ?? "", /--concurrency takes a number/);
  assert.match(problem("--pause", "--resume") ?? "", /exclude each other/);
});
