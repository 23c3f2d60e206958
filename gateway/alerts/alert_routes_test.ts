import assert from "node:assert/strict";
import { subjectOf } from "../../actors/alert/ids.ts";
import { draftOfIncident, encodeIncident } from "../../actors/alert/incident/codec.ts";
import type { IncidentState } from "../../actors/alert/incident/state.ts";
import { nameOfIncident } from "../../actors/alert/ids.ts";
import { HostedIncident, ruleOf } from "../../actors/alert/testing/samples.ts";
import { decodeJob, draftOfState } from "../../actors/job/codec.ts";
import type { ActorId } from "../../runtime/ids.ts";
import { drained, setup } from "../testing/setup.ts";
import { alertAnswer, alertPageAnswer, channelTestAnswer } from "./alert_answers.ts";

/** An incident of the rule `name`, and its id; `over`: it has ended. */
function plant(
  system: ReturnType<typeof setup>["alertSystem"],
  { name = "failures", over = false, quiet = false } = {},
): string {
  const hosted = new HostedIncident(ruleOf({ name, gatherMs: 0 }));
  if (!quiet) hosted.happen({ labels: { queue: "mail" } });
  if (over) hosted.happen({ status: "resolved" });
  const state: IncidentState = hosted.state;
  const { subject, bornAtMs } = state;
  const draft = { ...draftOfIncident(subject, bornAtMs), ...encodeIncident(state) };
  system.plant(draft);
  return nameOfIncident(draft.id);
}

Deno.test("GET /alerts lists incidents that are or were open, by status", async () => {
  const { ask, alertSystem } = setup();
  const open = plant(alertSystem);
  const over = plant(alertSystem, { name: "other", over: true });
  plant(alertSystem, { name: "quiet", quiet: true });
  const list = async (query = "") => {
    const { json } = await ask(`GET /alerts${query}`);
    assert.equal(alertPageAnswer.safeParse(json).error, undefined);
    return (json["alerts"] as { id: string }[]).map(({ id }) => id);
  };
  assert.deepEqual((await list()).sort(), [open, over].sort());
  assert.deepEqual(await list("?status=firing"), [open]);
  assert.deepEqual(await list("?status=resolved"), [over]);
  assert.equal((await ask("GET /alerts?status=odd")).status, 400);
});

Deno.test("GET /alerts/{id} shows what happened and who was told", async () => {
  const { ask, alertSystem } = setup();
  const id = plant(alertSystem);
  const { status, json } = await ask(`GET /alerts/${id}`);
  assert.equal(status, 200);
  assert.equal(alertAnswer.safeParse(json).error, undefined);
  const { kind, severity, count, open, subjects, labels } = json;
  assert.deepEqual({ kind, severity, count, open, subjects, labels }, {
    kind: "job.failed",
    severity: "error",
    count: 1,
    open: 1,
    subjects: ["job-1"],
    labels: { queue: "default", name: "pay" },
  });
  assert.equal((json["channels"] as Record<string, { told: null }>)["ops"]?.told, null);
  for (const other of ["nosuch", "NO-ID"]) {
    assert.ok([400, 404].includes((await ask(`GET /alerts/${other}`)).status), other);
  }
});

Deno.test("POST /alerts/{id}/silence is for a while, and can be taken back", async () => {
  const { ask, alertSystem, clock } = setup();
  const id = plant(alertSystem);
  const body = { for: "2h", note: "at work on it" };
  const { status, json } = await ask(`POST /alerts/${id}/silence`, { body });
  const until = new Date(clock.wallMs() + 7_200_000).toISOString();
  assert.deepEqual([status, json["silence"]], [200, { until, note: "at work on it" }]);
  const back = await ask(`POST /alerts/${id}/silence`, { body: { for: 0 } });
  assert.deepEqual([back.status, back.json["silence"]], [200, null]);
  assert.equal((await ask("POST /alerts/nosuch/silence", { body })).status, 404);
  assert.equal((await ask(`POST /alerts/${id}/silence`, { body: {} })).status, 400);
  assert.equal((await ask(`POST /alerts/${id}/silence`, { body: { for: "31d" } })).status, 400);
  alertSystem.troubles.push("busy", "deadline");
  assert.equal((await ask(`POST /alerts/${id}/silence`, { body })).status, 503);
  assert.equal((await ask(`POST /alerts/${id}/silence`, { body })).status, 504);
});

Deno.test("POST /alerts/test waits for its delivery, and ends what it began", async () => {
  const { ask, alertSystem, clock } = setup();
  const made: string[] = [];
  const ids: ActorId[] = [];
  alertSystem.beforeCreate = (draft) => {
    const { spec } = decodeJob({ ...draft, shard: 0 as never, version: 1 });
    made.push(`${spec.queue} ${JSON.parse(spec.payload).notice.status}`);
    ids.push(draft.id);
  };
  const asked = ask("POST /alerts/test", { body: { channel: "ops" } });
  await drained();
  const [id] = ids as [ActorId];
  const job = decodeJob((await alertSystem.read(id))!);
  alertSystem.plant(
    draftOfState({ ...job, state: "completed", finishedAtMs: clock.wallMs() }, id),
  );
  clock.advance(100);
  const { status, json } = await asked;
  assert.equal(channelTestAnswer.safeParse(json).error, undefined);
  assert.deepEqual([status, json["delivered"], json["jobId"]], [200, true, id]);
  assert.deepEqual(made, ["orrery.alerts firing", "orrery.alerts resolved"]);
});

Deno.test("POST /alerts/test tells why it was not delivered, and which channels there are", async () => {
  const { ask, alertSystem, clock } = setup();
  const ids: ActorId[] = [];
  alertSystem.beforeCreate = (draft) => ids.push(draft.id);
  const asked = ask("POST /alerts/test", { body: { channel: "ops" } });
  await drained();
  const [id] = ids as [ActorId];
  const job = decodeJob((await alertSystem.read(id))!);
  const error = { name: "DeliveryError", message: "the receiver answered 403" };
  alertSystem.plant(
    draftOfState({ ...job, state: "failed", finishedAtMs: clock.wallMs(), error }, id),
  );
  clock.advance(100);
  const { json } = await asked;
  assert.deepEqual([json["delivered"], json["error"]], [false, error]);
  const unknown = await ask("POST /alerts/test", { body: { channel: "oops" } });
  assert.equal(unknown.status, 404);
  assert.match(String(unknown.json["detail"]), /known: ops/);
});

Deno.test("GET /alerts/counts tells what was raised", async () => {
  const { ask } = setup();
  assert.deepEqual((await ask("GET /alerts/counts")).json, { raised: { "job.failed": 3 } });
});

Deno.test("an incident's id in a path is what its subject makes it", () => {
  const rule = ruleOf();
  const subject = subjectOf(rule, {
    kind: "job.failed",
    labels: { queue: "default", name: "pay" },
  });
  assert.match(nameOfIncident(draftOfIncident(subject, 0).id), /^[a-z0-9]{20}$/);
});
