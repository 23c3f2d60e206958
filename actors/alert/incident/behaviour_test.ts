import assert from "node:assert/strict";
import fc from "fast-check";
import { NOW_MS } from "../../job/testing/samples.ts";
import { incidentNamed, nameOfIncident } from "../ids.ts";
import { eventOf, HostedIncident, ruleOf } from "../testing/samples.ts";
import { INCIDENT_KEPT_MS, LOOK_EVERY_MS, OPEN_KEPT_MAX } from "./state.ts";

const MINUTE_MS = 60_000;
const resolved = (subject = "job-1") => ({ status: "resolved", subject }) as const;

Deno.test("an incident is told once what was gathered, and that it is over (IN2)", () => {
  const hosted = new HostedIncident();
  hosted.happen({ subject: "job-1" });
  hosted.pass(300);
  hosted.happen({ subject: "job-2" });
  assert.deepEqual(hosted.sent, []);
  hosted.pass(300);
  assert.deepEqual(hosted.sent, ["ops firing 2"]);
  const [notice] = hosted.notices;
  assert.deepEqual([notice?.subjects, notice?.open], [["job-1", "job-2"], 2]);
  hosted.arrive();
  hosted.happen(resolved("job-2"));
  assert.equal(hosted.state.status, "firing");
  hosted.happen(resolved("job-1"));
  assert.deepEqual(hosted.sent.splice(1), ["ops resolved 2"]);
  hosted.arrive();
  hosted.pass(10 * MINUTE_MS);
  assert.deepEqual([hosted.sent.length, hosted.state.wakeAtMs], [1, null]);
  assert.equal(hosted.index.expireAtMs, hosted.state.lastAtMs + INCIDENT_KEPT_MS);
});

Deno.test("an event that is told twice counts once (IN1)", () => {
  const hosted = new HostedIncident();
  const event = eventOf();
  for (let times = 0; times < 3; times++) hosted.tell({ kind: "events", events: [event, event] });
  assert.deepEqual([hosted.state.count, hosted.commits], [1, 1]);
});

Deno.test("updates of an incident that goes on are throttled (IN4)", () => {
  const hosted = new HostedIncident(ruleOf({ throttleMs: 15 * MINUTE_MS }));
  hosted.happen({});
  hosted.pass(1_000);
  hosted.arrive();
  for (let minute = 0; minute < 14; minute++) {
    hosted.happen({ subject: `job-${minute}` });
    hosted.pass(MINUTE_MS);
  }
  assert.deepEqual(hosted.sent, ["ops firing 1"]);
  hosted.pass(2 * MINUTE_MS);
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops firing 15"]);
  hosted.arrive();
  hosted.pass(20 * MINUTE_MS);
  assert.equal(hosted.sent.length, 2);
});

Deno.test("a channel is told by one job at a time, and hears the latest when that is over (IN3)", () => {
  const hosted = new HostedIncident(ruleOf({ throttleMs: 0 }));
  hosted.happen({});
  hosted.pass(1_000);
  hosted.happen({ subject: "job-2" });
  hosted.happen({ subject: "job-3" });
  assert.deepEqual(hosted.sent, ["ops firing 1"]);
  hosted.arrive();
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops firing 3"]);
  for (const subject of ["job-1", "job-2", "job-3"]) hosted.happen(resolved(subject));
  hosted.happen({ subject: "job-4" });
  assert.deepEqual([hosted.sent.length, hosted.state.episode], [2, 2]);
  hosted.arrive();
  hosted.pass(1_000);
  // Its end came and went while the receiver was away: what it must know is how things stand.
  assert.deepEqual(hosted.sent.slice(2), ["ops firing 1"]);
});

Deno.test("one that is over before it was told is told, and then that it is over (IN2)", () => {
  const hosted = new HostedIncident();
  hosted.happen({}, resolved());
  hosted.pass(1_000);
  assert.deepEqual(hosted.sent, ["ops firing 1"]);
  hosted.arrive();
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops resolved 1"]);
});

Deno.test("channels are told apart: one that is away keeps none of the others waiting", () => {
  const hosted = new HostedIncident(ruleOf({ channels: ["ops", "pager"], gatherMs: 0 }));
  hosted.happen({});
  assert.deepEqual(hosted.sent, ["ops firing 1", "pager firing 1"]);
  const { ops } = hosted.state.channels;
  hosted.tell({ kind: "job-over", jobId: ops?.job?.id ?? "" });
  hosted.happen(resolved());
  assert.deepEqual(hosted.sent.slice(2), ["ops resolved 1"]);
  hosted.arrive();
  assert.deepEqual(hosted.sent.slice(3), ["pager resolved 1"]);
});

Deno.test("a threshold is reached by so many events within its window", () => {
  const hosted = new HostedIncident(ruleOf({ threshold: { count: 3, windowMs: MINUTE_MS } }));
  for (const subject of ["job-1", "job-2", "job-3", "job-4"]) {
    hosted.happen({ subject });
    hosted.pass(MINUTE_MS / 2 + 1);
  }
  assert.deepEqual([hosted.state.status, hosted.sent], ["quiet", []]);
  hosted.happen({ subject: "job-5" }, { subject: "job-6" });
  hosted.pass(1_000);
  assert.deepEqual(hosted.sent, ["ops firing 3"]);
});

Deno.test("an incident without news for long is over; after its end it begins anew", () => {
  const hosted = new HostedIncident(ruleOf({ resolveAfterMs: 10 * MINUTE_MS }));
  hosted.happen({});
  hosted.pass(1_000);
  hosted.arrive();
  hosted.pass(11 * MINUTE_MS);
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops resolved 1"]);
  hosted.arrive();
  hosted.happen({ subject: "job-9" });
  hosted.pass(1_000);
  assert.deepEqual(hosted.sent.slice(2), ["ops firing 1"]);
  assert.equal(hosted.notices.at(-1)?.episode, 2);
});

Deno.test("in silence nothing begins to be told; what lasts is told after it, what was told is ended", () => {
  const hosted = new HostedIncident();
  hosted.tell({ kind: "silence", untilMs: NOW_MS + 10 * MINUTE_MS, note: "at work on it" });
  hosted.happen({});
  hosted.pass(9 * MINUTE_MS);
  assert.deepEqual(hosted.sent, []);
  hosted.pass(2 * MINUTE_MS);
  assert.deepEqual(hosted.sent, ["ops firing 1"]);
  hosted.arrive();
  hosted.tell({ kind: "silence", untilMs: hosted.nowMs + 10 * MINUTE_MS, note: null });
  hosted.happen(resolved());
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops resolved 1"]);
});

Deno.test("what begins and ends in silence is never told (IN2)", () => {
  const span = { kind: "once", fromMs: NOW_MS, toMs: NOW_MS + 10 * MINUTE_MS } as const;
  const hosted = new HostedIncident(ruleOf({ silence: [span] }));
  hosted.happen({});
  hosted.pass(MINUTE_MS);
  hosted.happen(resolved());
  hosted.pass(20 * MINUTE_MS);
  assert.deepEqual(hosted.sent, []);
});

Deno.test("a job whose end was told to nobody is found by looking", () => {
  const hosted = new HostedIncident(ruleOf({ throttleMs: 0 }));
  hosted.happen({});
  hosted.pass(1_000);
  hosted.happen({ subject: "job-2" });
  hosted.pass(LOOK_EVERY_MS + 1_000);
  const [job] = Object.values(hosted.state.channels).map(({ job }) => job?.id);
  assert.deepEqual(hosted.effects, [{ kind: "look", jobIds: [job] }]);
  hosted.tell({ kind: "looked", over: [job ?? ""] });
  assert.deepEqual(hosted.sent, ["ops firing 1", "ops firing 2"]);
});

Deno.test("an incident whose rule is gone is over, and tells nobody", () => {
  const hosted = new HostedIncident();
  hosted.happen({});
  hosted.forgetRule();
  hosted.pass(MINUTE_MS);
  assert.deepEqual([hosted.state.status, hosted.sent], ["resolved", []]);
});

Deno.test("a rate of failures opens an incident, and ends it when it falls", () => {
  const rule = ruleOf({
    on: ["failure-rate"],
    threshold: { rate: 0.5, minimum: 10, windowMs: 10 * MINUTE_MS },
  });
  const subject = { rule: rule.name, kind: "failure-rate", labels: { queue: "mail" } } as const;
  const hosted = new HostedIncident(rule, subject);
  hosted.tell({ kind: "ends", ok: 1, failed: 8 });
  assert.equal(hosted.state.status, "quiet", "too few");
  hosted.tell({ kind: "ends", ok: 1, failed: 0 });
  hosted.pass(1_000);
  assert.deepEqual(hosted.sent, ["ops firing 1"]);
  assert.match(
    hosted.notices[0]?.last.message ?? "",
    /^8 of 10 jobs failed \(80 %\) within 600 s$/,
  );
  hosted.arrive();
  hosted.pass(5 * MINUTE_MS);
  assert.equal(hosted.state.status, "firing");
  hosted.pass(7 * MINUTE_MS);
  assert.deepEqual(hosted.sent.slice(1), ["ops resolved 1"], "the window has passed");
});

Deno.test("an incident stays small, however much happens", () => {
  const hosted = new HostedIncident(ruleOf({ threshold: { count: 1_000 } }));
  for (let n = 0; n < 2_000; n++) {
    hosted.happen({ subject: `order-${n}`, message: "x".repeat(500) });
  }
  const { open, openMore } = hosted.state;
  assert.deepEqual([open.length, openMore], [OPEN_KEPT_MAX, 2_000 - OPEN_KEPT_MAX]);
  assert.ok(JSON.stringify(hosted.state).length < 24_000);
  for (const subject of open) hosted.happen(resolved(subject));
  assert.equal(hosted.state.status, "firing", "others are still wrong");
});

Deno.test("an incident's id is made of rule, kind and labels, and found by its name", () => {
  const { id } = new HostedIncident();
  assert.equal(id, new HostedIncident().id);
  assert.notEqual(id, new HostedIncident(ruleOf({ name: "other" })).id);
  assert.equal(incidentNamed(nameOfIncident(id as never)), id);
});

Deno.test("whatever happens: each episode is told once, in order, and the last word is how things stand (IN2–IN4)", () => {
  const step = fc.oneof(
    fc.record({ fire: fc.nat(2) }),
    fc.record({ mend: fc.nat(2) }),
    fc.record({ pass: fc.integer({ min: 1, max: 400_000 }) }),
    fc.constant({ arrive: true }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const hosted = new HostedIncident(ruleOf({ throttleMs: 60_000, resolveAfterMs: 600_000 }));
    for (const one of steps) {
      if ("fire" in one) hosted.happen({ subject: `job-${one.fire}` });
      if ("mend" in one) hosted.happen(resolved(`job-${one.mend}`));
      if ("pass" in one) hosted.pass(one.pass);
      if ("arrive" in one) hosted.arrive();
    }
    for (let rounds = 0; rounds < 6; rounds++) {
      hosted.arrive();
      hosted.pass(1_000);
    }
    const statuses = hosted.sent.map((line) => line.split(" ")[1]);
    for (const [at, status] of statuses.entries()) {
      const before = at === 0 ? "resolved" : statuses[at - 1];
      if (status === "resolved") assert.equal(before, "firing", hosted.sent.join("; "));
    }
    const { status, episode } = hosted.state;
    if (episode > 0) assert.equal(statuses.at(-1), status);
    assert.ok(statuses.filter((one) => one === "resolved").length <= episode);
  }));
});
