import assert from "node:assert/strict";
import type { Plan } from "./command.ts";
import { planCommand } from "./commands.ts";

function planned(...args: string[]): Plan {
  const plan = planCommand(args, "http://node:1");
  if (plan.kind === "usage") assert.fail(`no plan: ${plan.problem}`);
  return plan;
}

function problem(...args: string[]): string {
  const plan = planCommand(args, "http://node:1");
  return plan.kind === "usage" ? plan.problem ?? "" : assert.fail("there is a plan");
}

const NIGHTLY = {
  ...{ id: "nightly", state: "active", cron: "0 2 * * *", job: { name: "mail" } },
  nextAt: "2027-01-01T02:00:00.000Z",
};
const LINE = "nightly  active  2027-01-01T02:00:00.000Z  0 2 * * *  mail";

Deno.test("schedule create makes a schedule of a name, a payload and options", () => {
  const plan = planned(
    ...["schedule", "create", "mail", '{"to":"x"}', "--id", "nightly", "--cron", "0 2 * * *"],
    ...["--timezone", "Europe/Berlin", "--count", "100", "--jitter", "30s", "--tag", "eu"],
    ...["--misfire", "catch-up", "--exclude", "2027-12-25", "--exclude", "2027-12-26"],
    ...["--exclude-calendar", "de-holidays"],
  );
  assert.deepEqual([plan.method, plan.path], ["POST", "/schedule"]);
  assert.deepEqual(plan.headers, { "content-type": "application/json" });
  assert.deepEqual(JSON.parse(plan.body ?? ""), {
    id: "nightly",
    cron: "0 2 * * *",
    timezone: "Europe/Berlin",
    count: 100,
    jitter: "30s",
    misfire: { policy: "catch-up" },
    exclude: { dates: ["2027-12-25", "2027-12-26"], calendars: ["de-holidays"] },
    job: { name: "mail", payload: { to: "x" }, tags: ["eu"] },
  });
  assert.equal(plan.show(NIGHTLY), LINE);
});

Deno.test("schedule preview asks with what says when", () => {
  const plan = planned("schedule", "preview", "--every", "15m");
  assert.deepEqual([plan.method, plan.path, plan.body], [
    "POST",
    "/schedule/preview",
    '{"every":"15m"}',
  ]);
});

Deno.test("commands on one schedule name it in their path", () => {
  const cases: [string[], string][] = [
    [["get", "a:b"], "GET /schedule/a%3Ab"],
    [["next", "a", "--count", "3"], "GET /schedule/a/next?count=3"],
    [["occurrences", "a", "--order", "oldest"], "GET /schedule/a/occurrences?order=oldest"],
    [["pause", "a"], "POST /schedule/a/pause"],
    [["resume", "a"], "POST /schedule/a/resume"],
    [["trigger", "a"], "POST /schedule/a/trigger"],
    [["delete", "a"], "DELETE /schedule/a"],
  ];
  for (const [args, request] of cases) {
    const { method, path, body } = planned("schedule", ...args);
    assert.deepEqual([`${method} ${path}`, body], [request, null]);
  }
  assert.equal(planned("schedule", "pause", "a", "--note", "why").body, '{"note":"why"}');
  const backfill = planned(
    "schedule",
    "backfill",
    "a",
    "2027-01-01T00:00:00Z",
    "2027-01-02T00:00:00Z",
  );
  assert.deepEqual(JSON.parse(backfill.body ?? ""), {
    from: "2027-01-01T00:00:00Z",
    to: "2027-01-02T00:00:00Z",
  });
});

Deno.test("schedules and their times are shown in columns", () => {
  const paused = {
    ...NIGHTLY,
    id: "b",
    state: "paused",
    cron: undefined,
    every: 5_000,
    nextAt: null,
  };
  const list = planned("schedules", "--state", "active");
  assert.equal(list.path, "/schedules?state=active");
  assert.equal(
    list.show({ schedules: [NIGHTLY, paused], cursor: "c" }),
    `${LINE.replace("mail", "    mail")}\n` +
      "b        paused  -                         every 5000 ms  mail\nmore: --cursor c",
  );
  assert.equal(list.show({ schedules: [], cursor: null }), "");
  const at = "2027-03-28T01:00:00.000Z";
  assert.equal(
    planned("schedule", "next", "a").show({
      next: [
        { at, local: "2027-03-28T02:30:00", fires: true, note: "dst-gap" },
        { at, local: "2027-03-28T02:30:00", fires: false, note: "excluded" },
        { at, local: "2027-03-28T02:30:00", fires: true },
      ],
    }),
    [
      `${at}  2027-03-28T02:30:00                 dst-gap`,
      `${at}  2027-03-28T02:30:00  does not fire  excluded`,
      `${at}  2027-03-28T02:30:00`,
    ].join("\n"),
  );
  assert.equal(
    planned("schedule", "occurrences", "a").show({
      occurrences: [
        { n: 10, nominalAt: at, decision: "fired", jobId: "a@x" },
        { n: 9, nominalAt: at, decision: "skipped-overlap", jobId: null },
      ],
      cursor: "9",
    }),
    `10  ${at}  fired            a@x\n9   ${at}  skipped-overlap  -\nmore: --after 9`,
  );
});

Deno.test("triggers and backfills show the jobs that they made", () => {
  assert.equal(planned("schedule", "trigger", "a").show({ jobId: "a@x" }), "a@x");
  const { show } = planned("schedule", "backfill", "a", "b", "c");
  assert.equal(show({ jobIds: ["a@x", "a@y"], next: null }), "a@x\na@y");
  assert.equal(
    show({ jobIds: ["a@x"], next: "2027-01-01T00:00:00.000Z" }),
    "a@x\nnot all of it: go on from 2027-01-01T00:00:00.000Z",
  );
});

Deno.test("commands of two words say what is wrong with them", () => {
  assert.match(problem("schedule"), /unknown command: schedule/);
  assert.match(problem("schedule", "launch"), /unknown command: schedule launch/);
  assert.match(problem("schedule", "get"), /schedule get takes 1 operands/);
  assert.match(problem("schedule", "next", "a", "--cron", "x"), /schedule next takes no --cron/);
  assert.match(problem("schedule", "create", "mail", "{oops"), /PAYLOAD is not JSON/);
  assert.match(problem("schedule", "create", "mail", "--count", "many"), /--count takes a number/);
});
