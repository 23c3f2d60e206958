import assert from "node:assert/strict";
import fc from "fast-check";
import { NOW_MS } from "../../job/testing/samples.ts";
import { ALERT_KINDS } from "../event.ts";
import type { Notice } from "../notice.ts";
import { noticeOf } from "../testing/samples.ts";
import {
  alertmanagerProblems,
  cloudEventProblems,
  pagerDutyProblems,
  slackProblems,
} from "../testing/vendors.ts";
import { alertmanagerMessage } from "./alertmanager.ts";
import { mailMessage } from "./email.ts";
import { pagerDutyMessage } from "./pagerduty.ts";
import { slackMessage } from "./slack.ts";
import { secretKey, signedContent, webhookMessage } from "./webhook.ts";

const facts = { id: "alert~abc@notice-1", nowMs: NOW_MS + 5_000, source: "a" };
const url = "https://receiver.example/in";
const text = fc.string({ unit: "binary", maxLength: 600 });

const notices: fc.Arbitrary<Notice> = fc.record({
  kind: fc.constantFrom(...ALERT_KINDS),
  status: fc.constantFrom("firing", "resolved"),
  rule: text,
  labels: fc.record({ queue: text, name: text, node: text }, { requiredKeys: [] }),
  message: text,
  count: fc.integer({ min: 1, max: 1e9 }),
  subjects: fc.array(text, { maxLength: 10 }),
  test: fc.boolean(),
}).map(({ message, test, ...rest }) => {
  const sample = { subject: message.slice(0, 50), message, atMs: NOW_MS };
  const resolvedAtMs = rest.status === "resolved" ? NOW_MS : null;
  return noticeOf({
    ...rest,
    first: sample,
    last: sample,
    resolvedAtMs,
    ...(test && { test: true }),
  } as Partial<Notice>);
});

Deno.test("whatever happened, each channel says it in the form that its receiver documents", () => {
  fc.assert(fc.property(notices, (notice) => {
    const read = ({ body }: { readonly body: string }) => JSON.parse(body);
    assert.deepEqual(slackProblems(read(slackMessage(notice, { url }))), []);
    const pager = { url, routingKey: "R".repeat(32), source: "a" };
    assert.deepEqual(pagerDutyProblems(read(pagerDutyMessage(notice, pager))), []);
    assert.deepEqual(cloudEventProblems(read(webhookMessage(notice, { ...facts, url }))), []);
    const manager = { url, token: null, nowMs: facts.nowMs };
    assert.deepEqual(alertmanagerProblems(read(alertmanagerMessage(notice, manager))), []);
    const mail = mailMessage(notice, { ...facts, from: "a@b", to: ["c@d"] });
    for (const header of [mail.subject, mail.messageId, ...Object.values(mail.headers)]) {
      assert.doesNotMatch(header, /[\r\n]/);
    }
  }));
});

Deno.test("slackMessage() mentions nobody and marks nothing up, whatever a job's error says", () => {
  const last = { subject: "job-1", message: "<!channel> & <@U1>", atMs: NOW_MS };
  const { body, url: to } = slackMessage(noticeOf({ last }), { url });
  assert.equal(to, url);
  assert.ok(body.includes("&lt;!channel&gt; &amp; &lt;@U1&gt;") && !body.includes("<!channel>"));
});

Deno.test("pagerDutyMessage() opens and closes one incident of theirs for one of ours", () => {
  const options = { url, routingKey: "R1", source: "a" };
  const bodies = (["firing", "resolved"] as const).map((status) =>
    JSON.parse(pagerDutyMessage(noticeOf({ status }), options).body)
  );
  assert.deepEqual(bodies.map(({ event_action }) => event_action), ["trigger", "resolve"]);
  assert.deepEqual(bodies.map(({ dedup_key }) => dedup_key), ["orrery/abc123", "orrery/abc123"]);
  assert.deepEqual(bodies[0].payload.severity, "error");
});

Deno.test("alertmanagerMessage() keeps its labels while an alert lasts, and ends it", () => {
  const options = { url: `${url}/`, token: "t", nowMs: facts.nowMs };
  const message = (notice: Partial<Notice>) => alertmanagerMessage(noticeOf(notice), options);
  const { body, url: to, headers } = message({ count: 1 });
  assert.deepEqual([to, headers["authorization"]], [`${url}/api/v2/alerts`, "Bearer t"]);
  const [open] = JSON.parse(body);
  const [more] = JSON.parse(message({ count: 7, subjects: ["x"] }).body);
  const [over] = JSON.parse(message({ status: "resolved", resolvedAtMs: NOW_MS + 9 }).body);
  assert.deepEqual([more.labels, over.labels], [open.labels, open.labels]);
  assert.equal(Date.parse(over.endsAt), NOW_MS + 9);
  assert.ok(Date.parse(open.endsAt) > facts.nowMs + 86_400_000);
});

Deno.test("webhookMessage() has the delivery's own id, however often it is sent", () => {
  const messages = [0, 60_000].map((late) =>
    JSON.parse(webhookMessage(noticeOf(), { ...facts, nowMs: NOW_MS + late, url }).body)
  );
  assert.deepEqual(messages.map(({ id }) => id), [facts.id, facts.id]);
  assert.equal(messages[0].type, "orrery.alert.firing");
  assert.equal(messages[0].data.openedAt, new Date(NOW_MS).toISOString());
});

Deno.test("what is signed, and with which key, is as Standard Webhooks say", () => {
  // The example of the specification.
  const body = '{"test": 2432232314}';
  const content = signedContent({
    id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    timestampS: 1614265330,
    body,
  });
  assert.equal(content, `msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.${body}`);
  assert.equal(secretKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").length, 24);
  assert.deepEqual(secretKey("plain"), new TextEncoder().encode("plain"));
});

Deno.test("mails of one episode form a thread, and a repeated mail has the same id", () => {
  const mail = (notice: Partial<Notice>, id = facts.id) =>
    mailMessage(noticeOf(notice), { id, from: "a@b", to: ["c@d"] });
  assert.equal(mail({}).messageId, mail({ count: 9 }).messageId);
  assert.notEqual(mail({}).messageId, mail({}, "alert~abc@notice-2").messageId);
  assert.equal(mail({}).headers["References"], mail({ status: "resolved" }).headers["References"]);
  assert.notEqual(mail({}).headers["References"], mail({ episode: 2 }).headers["References"]);
  assert.match(
    mail({}).subject,
    /^\[Orrery\] Firing: job\.failed, queue=default name=pay: pay failed/,
  );
});
