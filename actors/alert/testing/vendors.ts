/**
 * Vendors: what the receivers of alerts document about what they take, as checks: each gives what is wrong with
 * a body, nothing when it is right.
 *
 * Sources: Slack, "Block Kit: blocks and composition objects"; PagerDuty, "PD Common Event Format" and "Events API
 * v2: send an alert event"; CloudEvents 1.0 and its JSON format; Alertmanager, api/v2/openapi.yaml.
 * @module
 */
import { z } from "../../../deps.ts";

const plainText = (max: number) =>
  z.strictObject({
    type: z.literal("plain_text"),
    text: z.string().min(1).max(max),
    emoji: z.boolean().optional(),
  });
const mrkdwn = (max: number) =>
  z.strictObject({ type: z.literal("mrkdwn"), text: z.string().min(1).max(max) });

const slack = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z.array(z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("header"), text: plainText(150) }),
    z.strictObject({ type: z.literal("section"), text: mrkdwn(3_000) }),
    z.strictObject({
      type: z.literal("context"),
      elements: z.array(mrkdwn(3_000)).min(1).max(10),
    }),
  ])).min(1).max(50),
});

const key = {
  routing_key: z.string().min(1),
  dedup_key: z.string().min(1).max(255),
};
const pagerDuty = z.discriminatedUnion("event_action", [
  z.strictObject({
    ...key,
    event_action: z.literal("trigger"),
    client: z.string().optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(["critical", "error", "warning", "info"]),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  z.strictObject({ ...key, event_action: z.enum(["resolve", "acknowledge"]) }),
]);

const cloudEvent = z.strictObject({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z.string().regex(/^\/[\w./~-]+$|^https?:/),
  type: z.string().min(1),
  subject: z.string().min(1).optional(),
  time: z.iso.datetime().optional(),
  datacontenttype: z.string().optional(),
  data: z.record(z.string(), z.unknown()),
});

const labels = z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/), z.string());
const alerts = z.array(
  z.strictObject({
    labels: labels.refine((given) => (given["alertname"] ?? "") !== "", "alertname"),
    annotations: labels.optional(),
    startsAt: z.iso.datetime().optional(),
    endsAt: z.iso.datetime().optional(),
    generatorURL: z.url().optional(),
  }).refine(
    ({ startsAt = "", endsAt = "9" }) => startsAt < endsAt,
    "an alert ends after it began",
  ),
).min(1);

function problemsOf(schema: z.ZodType, body: unknown): readonly string[] {
  const { error } = schema.safeParse(body);
  return error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
}

/** A message of an incoming webhook of Slack. */
export function slackProblems(body: unknown): readonly string[] {
  return problemsOf(slack, body);
}

/** An event of PagerDuty's Events API v2. */
export function pagerDutyProblems(body: unknown): readonly string[] {
  return problemsOf(pagerDuty, body);
}

/** A CloudEvent in structured mode. */
export function cloudEventProblems(body: unknown): readonly string[] {
  return problemsOf(cloudEvent, body);
}

/** Alerts for Alertmanager's API v2. */
export function alertmanagerProblems(body: unknown): readonly string[] {
  return problemsOf(alerts, body);
}
