import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import {
  alertmanagerProblems,
  cloudEventProblems,
  pagerDutyProblems,
  slackProblems,
} from "../actors/alert/testing/vendors.ts";
import { Alertmanager, hasAlertmanager } from "./support/alertmanager.ts";
import type { Client } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { type Received, Receiver } from "./support/receiver.ts";
import { SmtpServer } from "./support/smtp_server.ts";
import { Workspace } from "./support/workspace.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ROUTING_KEY = "R0123456789abcdef0123456789abcdef";
const FAILING = {
  name: "fail",
  payload: { times: 1, message: "no money" },
  retry: { attempts: 1 },
};

/** Fails a job and mends it by a retry. */
async function failAndMend(client: Client, between: () => Promise<unknown>): Promise<string> {
  const { id } = await client.submit(FAILING);
  await client.reach(id, "failed");
  await between();
  await client.send(`/job/${id}/retry`);
  await client.reach(id, "completed");
  return id;
}

/** Requests to one path. */
function to(path: string, requests: readonly Received[]): Received[] {
  return requests.filter((one) => one.path === path);
}

function assertSigned({ headers, text }: Received): void {
  const id = headers.get("webhook-id");
  const at = headers.get("webhook-timestamp");
  assert.ok(Math.abs(Number(at) * 1_000 - Date.now()) < 60_000);
  const key = Uint8Array.from(atob(SECRET.slice("whsec_".length)), (unit) => unit.charCodeAt(0));
  const signature = createHmac("sha256", key).update(`${id}.${at}.${text}`).digest("base64");
  assert.equal(headers.get("webhook-signature"), `v1,${signature}`);
}

Deno.test("Slack, PagerDuty and a webhook are told once of an incident, in their own forms, and of its end", async () => {
  await using receiver = Receiver.start();
  const at = (path: string) => `${receiver.url}/${path}`;
  const allowPrivate = true;
  await using workspace = await Workspace.create({
    config: {
      alerts: {
        channels: {
          chat: { type: "slack", urlEnv: "ORRERY_TEST_SLACK", allowPrivate },
          pager: {
            type: "pagerduty",
            url: at("pager"),
            routingKeyFile: "routing.key",
            allowPrivate,
          },
          hook: { type: "webhook", url: at("hook"), secretEnv: "ORRERY_TEST_SECRET", allowPrivate },
        },
        rules: [{ on: ["job.failed"], channels: ["chat", "pager", "hook"], group: 50 }],
      },
    },
  });
  await Deno.writeTextFile(workspace.path("routing.key"), `${ROUTING_KEY}\n`);
  const env = { ORRERY_TEST_SLACK: at("chat"), ORRERY_TEST_SECRET: SECRET };
  const { client, node } = await workspace.serve({ env });
  const id = await failAndMend(client, () => receiver.took(3));
  const requests = await receiver.took(6);
  for (const path of ["/chat", "/pager", "/hook"]) assert.equal(to(path, requests).length, 2, path);

  for (const { body } of to("/chat", requests)) assert.deepEqual(slackProblems(body), []);
  const events = to("/pager", requests).map(({ body }) => body);
  for (const event of events) assert.deepEqual(pagerDutyProblems(event), []);
  assert.deepEqual(events.map((event) => event["event_action"]), ["trigger", "resolve"]);
  assert.equal(new Set(events.map((event) => event["dedup_key"])).size, 1);
  assert.equal(events[0]?.["routing_key"], ROUTING_KEY);
  for (const request of to("/hook", requests)) {
    assert.deepEqual(cloudEventProblems(request.body), []);
    assert.equal(
      request.headers.get("content-type"),
      "application/cloudevents+json; charset=utf-8",
    );
    assert.equal(request.headers.get("webhook-id"), request.body["id"]);
    assertSigned(request);
  }
  assert.ok(to("/hook", requests)[0]?.text.includes(id));

  // Nothing secret is in jobs, logs or answers.
  const seen = JSON.stringify([await client.list("queue=orrery.alerts"), node.lines]);
  for (const secret of [SECRET, ROUTING_KEY, at("chat")]) assert.ok(!seen.includes(secret));
});

Deno.test("mail is sent over SMTP with a password from a file, as one thread, and again when the server is busy", async () => {
  await using smtp = SmtpServer.start();
  await using workspace = await Workspace.create({
    config: {
      alerts: {
        channels: {
          mail: {
            type: "email",
            url: `smtp://alerts%40example.com@127.0.0.1:${smtp.port}`,
            passwordFile: "password",
            from: "Orrery <alerts@example.com>",
            to: ["ops@example.com", "boss@example.com"],
            allowPrivate: true,
          },
        },
        rules: [{ on: ["job.failed"], channels: ["mail"], group: 50 }],
      },
    },
  });
  await Deno.writeTextFile(workspace.path("password"), "hunter2\n");
  const { client } = await workspace.serve();
  smtp.busy = true;
  await failAndMend(client, async () => {
    await eventually(async () => {
      const [job] = await client.list("queue=orrery.alerts");
      return job?.state === "retrying" ? true : undefined;
    }, { what: "a mail that was refused for now" });
    smtp.busy = false;
    await smtp.took(1);
  });
  const mails = await smtp.took(2);
  assert.equal(mails.length, 2);
  for (const { from, to, login } of mails) {
    assert.equal(from, "alerts@example.com");
    assert.deepEqual(to, ["ops@example.com", "boss@example.com"]);
    assert.equal(login, "alerts@example.com:hunter2");
  }
  const header = (name: string) =>
    mails.map(({ text }) => new RegExp(`^${name}: (.*)$`, "mi").exec(text)?.[1]);
  assert.match(header("Subject")[0] ?? "", /^\[Orrery\] Firing: job\.failed/);
  assert.match(header("Subject")[1] ?? "", /^\[Orrery\] Resolved: job\.failed/);
  const [first, second] = header("References");
  assert.ok(first !== undefined && first === second);
  assert.ok(mails[0]?.text.includes("no money"));
});

Deno.test(
  "Alertmanager takes an alert, groups and passes it on, and its end",
  { ignore: !await hasAlertmanager() },
  async () => {
    await using receiver = Receiver.start();
    await using manager = await Alertmanager.start({ webhook: `${receiver.url}/am` });
    await using workspace = await Workspace.create({
      config: {
        alerts: {
          channels: { am: { type: "alertmanager", url: manager.url, allowPrivate: true } },
          rules: [{ name: "failures", on: ["job.failed"], channels: ["am"], group: 50 }],
        },
      },
    });
    const { client } = await workspace.serve();
    await failAndMend(client, async () => {
      const [alert] = await eventually(async () => {
        const alerts = await manager.alerts();
        return alerts.length > 0 ? alerts : undefined;
      }, { what: "an alert" });
      const { labels, annotations, startsAt, endsAt, status } = alert!;
      assert.equal(status.state, "active");
      assert.deepEqual(alertmanagerProblems([{ labels, annotations, startsAt, endsAt }]), []);
      const { alertname, rule, queue, name, severity } = labels;
      assert.deepEqual([alertname, rule, queue, name, severity], [
        "job.failed",
        "failures",
        "default",
        "fail",
        "error",
      ]);
      await receiver.took(1);
    });
    await eventually(async () => (await manager.alerts()).length === 0 ? true : undefined, {
      what: "its end",
    });
    const statuses = (await receiver.took(2)).map(({ body }) => body["status"]);
    assert.deepEqual(statuses, ["firing", "resolved"]);
  },
);

Deno.test("a channel reaches no private address that it does not allow, and follows no redirect", async () => {
  await using receiver = Receiver.start();
  await using workspace = await Workspace.create({
    config: {
      alerts: {
        channels: {
          closed: { type: "webhook", url: `${receiver.url}/closed` },
          open: { type: "webhook", url: `${receiver.url}/open`, allowPrivate: true },
        },
        rules: [{ on: ["job.failed"], channels: ["closed", "open"], group: 0 }],
      },
    },
  });
  const { client } = await workspace.serve();
  receiver.answer(302);
  await client.submit(FAILING);
  const jobs = await eventually(async () => {
    const jobs = await client.list("queue=orrery.alerts");
    const tried = jobs.filter(({ state }) => state === "retrying");
    return tried.length === 2 ? tried : undefined;
  }, { what: "two deliveries that failed" });
  const errors = jobs.map(({ payload, error }) =>
    `${(payload as { channel: string }).channel}: ${error?.message}`
  ).sort();
  assert.match(errors[0] ?? "", /^closed: the receiver's address is private/);
  assert.match(errors[1] ?? "", /^open: the receiver answered 302/);
  assert.equal(receiver.requests.length, 0);
});
