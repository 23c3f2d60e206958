/**
 * AlertRules: what is alerted to whom, as `cluster.json` says it.
 * @module
 */
import { z } from "../deps.ts";
import { duration, field, name } from "./values.ts";

const DAY_MS = 86_400_000;

/** The kinds of events and the labels, as in actors/alert/event.ts. */
export const KINDS = [
  "job.failed",
  "sla.start",
  "sla.finish",
  "schedule.missed",
  "queue.backlog",
  "failure-rate",
  "node.lost",
  "shard.quarantined",
  "webhook.paused",
  "store.down",
] as const;
export const LABELS = ["queue", "name", "schedule", "node", "webhook"] as const;

const pattern = z.string().min(1).max(200);
/** One or several: any of them. */
const patterns = z.union([pattern.transform((one) => [one]), z.array(pattern).min(1).max(50)])
  .optional();

const match = z.strictObject({
  queue: patterns,
  name: patterns,
  schedule: patterns,
  node: patterns,
  webhook: patterns,
  tag: patterns,
}).prefault({});

const span = (text: string, maxMs = 30 * DAY_MS) => duration({ minMs: 0, maxMs }).prefault(text);

const threshold = z.strictObject({
  count: field(z.int().min(1).max(1_000).default(1), {
    description: "So many events within `window` are an incident.",
  }),
  window: field(duration({ minMs: 1_000, maxMs: DAY_MS }).prefault("5m"), {
    description: "The span that `count` and `rate` look at.",
    unit: "duration",
  }),
  depth: field(z.int().min(0).max(1_000_000_000).optional(), {
    description: "`queue.backlog`: more due jobs that wait than this. 1000 unless `age` is given.",
    unit: "jobs",
  }),
  age: field(duration({ minMs: 1_000, maxMs: 30 * DAY_MS }).optional(), {
    description: "`queue.backlog`: the oldest of them is due for longer than this.",
    unit: "duration",
  }),
  rate: field(z.number().min(0.001).max(1).default(0.5), {
    description: "`failure-rate`: this part of the jobs that ended within `window` failed.",
  }),
  minimum: field(z.int().min(1).max(1_000_000).default(10), {
    description: "`failure-rate`: so many must have ended.",
    unit: "jobs",
  }),
}).prefault({}).transform(({ window, depth, age, ...rest }) => ({
  ...rest,
  windowMs: window,
  depth: depth ?? (age === undefined ? 1_000 : null),
  ageMs: age ?? null,
}));

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

const silence = z.strictObject({
  from: z.string(),
  to: z.string(),
  days: z.array(z.enum(WEEKDAYS)).default([]),
  timezone: z.string().refine(isZone, "must be an IANA zone such as Europe/Berlin").default("UTC"),
}).transform(({ from, to, days, timezone }, context) => {
  const [start, end] = [minuteOf(from), minuteOf(to)];
  if (start !== null && end !== null) {
    const numbers = days.map((day) => WEEKDAYS.indexOf(day));
    return { kind: "daily" as const, days: numbers, fromMinute: start, toMinute: end, timezone };
  }
  const [fromMs, toMs] = [instantOf(from), instantOf(to)];
  if (fromMs !== null && toMs !== null && fromMs < toMs && days.length === 0) {
    return { kind: "once" as const, fromMs, toMs };
  }
  const message =
    'give two times of day ("22:00", "06:00"), or two moments with a zone, the first before the second';
  context.addIssue({ code: "custom", path: ["from"], message });
  return z.NEVER;
});

const rule = z.strictObject({
  name: field(name().optional(), {
    description:
      "Names it; another name is another incident. Made of `on` and `channels` if left out.",
  }),
  on: field(z.array(z.enum(KINDS)).min(1), {
    description: "The kinds of events that it is about.",
  }),
  match: field(match, {
    description:
      "Labels that an event must have, each a pattern or a list of them: `queue`, `name`, `schedule`, `node`, `tag`; `*` is any text.",
  }),
  threshold,
  channels: field(z.array(name()).min(1).max(20), {
    description: "Who is told.",
    relation: "Names of `alerts.channels`.",
  }),
  groupBy: field(z.array(z.enum(LABELS)).max(LABELS.length).optional(), {
    description:
      "Events with the same of these labels are one incident. If left out: queue and name for jobs, schedule, queue or node for what concerns one.",
  }),
  group: field(span("500ms", DAY_MS), {
    description: "How long the first notice of an incident waits for what belongs to it.",
    unit: "duration",
  }),
  throttle: field(span("15m"), {
    description: "Shortest time between two notices of an incident that goes on.",
    unit: "duration",
  }),
  resolveAfter: field(duration({ minMs: 1_000, maxMs: 7 * DAY_MS }).prefault("1h"), {
    description: "An incident without news for so long is over.",
    unit: "duration",
  }),
  silence: field(z.array(silence).max(50).default([]), {
    description:
      'When nothing is told: `{"from": "22:00", "to": "06:00", "days": ["sat"], "timezone": "Europe/Berlin"}`, or two moments.',
  }),
}).transform(({ group, throttle, resolveAfter, groupBy, match, ...rest }) => ({
  ...rest,
  match: given(match),
  groupBy: groupBy ?? null,
  gatherMs: group,
  throttleMs: throttle,
  resolveAfterMs: resolveAfter,
}));

/** All rules, each with a name. */
export const rules = z.array(rule).max(200).transform((list) => {
  const taken = new Set(list.flatMap((one) => one.name === undefined ? [] : [one.name]));
  return list.map((one) => {
    if (one.name !== undefined) return { ...one, name: one.name };
    const made = `${one.on.join("+")} to ${one.channels.join("+")}`.slice(0, 150);
    let free = made;
    for (let at = 2; taken.has(free); at++) free = `${made} ${at}`;
    taken.add(free);
    return { ...one, name: free };
  });
});

/** The labels that are matched. */
function given(asked: z.output<typeof match>): { [Name in keyof typeof asked]?: string[] } {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

function isZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: text }) !== null;
  } catch {
    return false;
  }
}

function minuteOf(text: string): number | null {
  const parts = CLOCK.exec(text);
  return parts === null ? null : Number(parts[1]) * 60 + Number(parts[2]);
}

function instantOf(text: string): number | null {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : ms;
}
