import assert from "node:assert/strict";
import type { AlertChannel } from "../actors/alert/channel.ts";
import type { AlertRule } from "../actors/alert/rule.ts";
import { loadConfig } from "./load.ts";

function load(alerts: unknown) {
  return loadConfig({ args: [], env: {}, readFile: () => JSON.stringify({ alerts }) });
}

/** What a node is given. */
function taken(alerts: unknown): {
  readonly channels: Readonly<Record<string, AlertChannel>>;
  readonly rules: readonly AlertRule[];
} {
  const outcome = load(alerts);
  if (outcome.kind !== "config") assert.fail(JSON.stringify(outcome));
  return outcome.config.alerts;
}

function problemsOf(alerts: unknown): string[] {
  const outcome = load(alerts);
  return outcome.kind === "problems"
    ? outcome.problems.map(({ path, message }) => `${path}: ${message}`)
    : [];
}

const HOOK = { type: "webhook", url: "https://hooks.example/in" };

Deno.test("channels name where their secrets are", () => {
  const { channels } = taken({
    channels: {
      chat: { type: "slack", urlFile: "/run/secrets/slack" },
      pager: { type: "pagerduty", routingKeyEnv: "ORRERY_PAGER_KEY" },
      mail: { type: "email", url: "smtps://me@mail.example", from: "A <a@b>", to: ["c@d"] },
      hook: { ...HOOK, secretFile: "/run/secrets/hook", allowPrivate: true },
      am: { type: "alertmanager", urlEnv: "ORRERY_AM" },
    },
  });
  assert.deepEqual(channels, {
    chat: {
      type: "slack",
      url: { kind: "file", path: "/run/secrets/slack" },
      allowPrivate: false,
    },
    pager: {
      type: "pagerduty",
      url: { kind: "plain", url: "https://events.pagerduty.com/v2/enqueue" },
      allowPrivate: false,
      routingKey: { kind: "env", name: "ORRERY_PAGER_KEY" },
    },
    mail: {
      type: "email",
      url: { kind: "plain", url: "smtps://me@mail.example" },
      allowPrivate: false,
      from: "A <a@b>",
      to: ["c@d"],
      requireTls: false,
      password: null,
    },
    hook: {
      type: "webhook",
      url: { kind: "plain", url: HOOK.url },
      allowPrivate: true,
      secret: { kind: "file", path: "/run/secrets/hook" },
    },
    am: {
      type: "alertmanager",
      url: { kind: "env", name: "ORRERY_AM" },
      allowPrivate: false,
      token: null,
    },
  });
});

Deno.test("a channel that could never be told is refused, with its path", () => {
  const cases: [unknown, RegExp][] = [
    [{ type: "pigeon" }, /^alerts\.channels\.x(\.type)?: /],
    [{ type: "slack" }, /^alerts\.channels\.x\.url: give one of url, urlFile and urlEnv/],
    [{ ...HOOK, urlFile: "f" }, /^alerts\.channels\.x\.url: give one of/],
    [{ type: "pagerduty" }, /routingKeyFile: give one of routingKeyFile and routingKeyEnv/],
    [{ ...HOOK, secretEnv: "PATH" }, /secretEnv: must be a variable that begins with ORRERY_/],
    [{ ...HOOK, secret: "s3cret" }, /^alerts\.channels\.x\.secret: unknown field/],
    [{ ...HOOK, url: "ftp://x" }, /url: must begin with http:\/\/ or https:\/\//],
    [{ ...HOOK, url: "https://me:pw@x" }, /url: must not hold a password/],
    [{ type: "email", url: "https://x", from: "a@b", to: ["c@d"] }, /url: must begin with smtp/],
    [{ type: "email", url: "smtp://x", from: "a@b", to: [] }, /to/],
    [{ type: "email", url: "smtp://x", from: "a\n@b", to: ["c@d"] }, /from: must be a mail/],
  ];
  for (const [x, problem] of cases) {
    const problems = problemsOf({ channels: { x } });
    assert.ok(problems.some((one) => problem.test(one)), `${JSON.stringify(x)}: ${problems}`);
  }
});

Deno.test("a rule says little, and gets every default", () => {
  const [rule] = taken({
    channels: { ops: HOOK },
    rules: [{ on: ["job.failed", "sla.start"], match: { queue: "default" }, channels: ["ops"] }],
  }).rules;
  assert.deepEqual(rule, {
    name: "job.failed+sla.start to ops",
    on: ["job.failed", "sla.start"],
    match: { queue: ["default"] },
    threshold: { count: 1, windowMs: 300_000, depth: 1_000, ageMs: null, rate: 0.5, minimum: 10 },
    channels: ["ops"],
    groupBy: null,
    gatherMs: 500,
    throttleMs: 900_000,
    resolveAfterMs: 3_600_000,
    silence: [],
  });
});

Deno.test("rules without a name are told apart, and an age alone is the whole threshold", () => {
  const plain = { on: ["queue.backlog"], channels: ["ops"] };
  const { rules } = taken({
    channels: { ops: HOOK },
    rules: [plain, plain, { ...plain, threshold: { age: "5m" } }],
  });
  assert.deepEqual(rules.map(({ name }) => name), [
    "queue.backlog to ops",
    "queue.backlog to ops 2",
    "queue.backlog to ops 3",
  ]);
  const { depth, ageMs } = rules[2]?.threshold ?? {};
  assert.deepEqual([depth, ageMs], [null, 300_000]);
});

Deno.test("silence is a span of moments, or of times of day", () => {
  const [rule] = taken({
    channels: { ops: HOOK },
    rules: [{
      on: ["node.lost"],
      channels: ["ops"],
      silence: [
        { from: "2027-01-01T00:00:00Z", to: "2027-01-02T00:00:00+01:00" },
        { from: "22:00", to: "06:30", days: ["fri", "sat"], timezone: "Europe/Berlin" },
      ],
    }],
  }).rules;
  assert.deepEqual(rule?.silence, [
    {
      kind: "once",
      fromMs: Date.parse("2027-01-01T00:00:00Z"),
      toMs: Date.parse("2027-01-01T23:00:00Z"),
    },
    {
      kind: "daily",
      days: [5, 6],
      fromMinute: 1_320,
      toMinute: 390,
      timezone: "Europe/Berlin",
    },
  ]);
});

Deno.test("a rule that makes no sense is refused, with its path", () => {
  const rule = (more: unknown) => ({ on: ["job.failed"], channels: ["ops"], ...more as object });
  const cases: [unknown, RegExp][] = [
    [rule({ channels: ["nobody"] }), /^alerts\.rules\[0\]\.channels: there is no channel nobody/],
    [rule({ on: ["job.late"] }), /^alerts\.rules\[0\]\.on\[0\]/],
    [rule({ on: [] }), /^alerts\.rules\[0\]\.on/],
    [rule({ match: { colour: "red" } }), /^alerts\.rules\[0\]\.match\.colour: unknown field/],
    [rule({ silence: [{ from: "22:00", to: "x" }] }), /^alerts\.rules\[0\]\.silence\[0\]\.from: /],
    [rule({ silence: [{ from: "22:00", to: "06:00", timezone: "Mars" }] }), /timezone: must be/],
    [rule({ throttle: "often" }), /^alerts\.rules\[0\]\.throttle: not a duration/],
  ];
  for (const [one, problem] of cases) {
    const problems = problemsOf({ channels: { ops: HOOK }, rules: [one] });
    assert.ok(problems.some((text) => problem.test(text)), `${JSON.stringify(one)}: ${problems}`);
  }
  const twins = [rule({ name: "x" }), rule({ name: "x" })];
  assert.deepEqual(problemsOf({ channels: { ops: HOOK }, rules: twins }), [
    "alerts.rules[1].name: x names an earlier rule",
  ]);
});
