import assert from "node:assert/strict";
import { NOW_MS } from "../job/testing/samples.ts";
import { CARRIED_INSERTS_MAX } from "../../runtime/limits.ts";
import { Hosted, MINUTE_MS, specOf } from "./testing/samples.ts";

const at = (minutes: number) => NOW_MS + minutes * MINUTE_MS;
const jobAt = (minutes: number) =>
  `nightly@${new Date(at(minutes)).toISOString().replace(".000Z", "Z")}`;

/** Beside them there is room for a report. */
const JOBS_OF_STEP = CARRIED_INSERTS_MAX - 1;

/** Lets every look be answered: none of the jobs in `running` is over, all others are. */
function look(hosted: Hosted, running: readonly string[] = []): void {
  hosted.tell({ kind: "looked", over: hosted.asks.filter((id) => !running.includes(id)) });
}

Deno.test("a pause keeps fires from happening, and the ledger says so", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  hosted.wake();
  hosted.tell({ kind: "pause", note: "release" });
  assert.deepEqual([hosted.state.state, hosted.state.wakeAtMs], ["paused", null]);
  hosted.nowMs = at(3.5);
  hosted.tell({ kind: "resume" });
  assert.deepEqual(hosted.decisions, ["1 fired", "2 paused", "3 paused"]);
  assert.deepEqual([hosted.state.pauseNote, hosted.state.wakeAtMs], [null, at(4)]);
});

Deno.test("what was due before a pause came fires all the same (H5)", () => {
  const hosted = new Hosted();
  hosted.nowMs = at(1) + 20;
  hosted.tell({ kind: "pause", note: null });
  assert.deepEqual(hosted.decisions, ["1 fired"]);
});

Deno.test("a pause drops the fires that wait", () => {
  const hosted = new Hosted(specOf({ overlap: "queue-one" }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  hosted.tell({ kind: "pause", note: null, over: [] });
  hosted.tell({ kind: "job-over", jobId: jobAt(1) });
  assert.deepEqual(hosted.decisions, ["1 fired", "2 paused"]);
});

Deno.test("another spec goes from now on; nothing is lost or repeated by it (H5)", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  hosted.wake(at(1));
  hosted.nowMs = at(2) + 10;
  const faster = specOf({
    overlap: "allow",
    rule: { kind: "every", everyMs: MINUTE_MS / 2 },
  });
  hosted.tell({ kind: "replace", spec: faster });
  assert.deepEqual(hosted.decisions, ["1 fired", "2 fired"]);
  assert.deepEqual(hosted.state.spec, faster);
  hosted.wake();
  hosted.wake();
  assert.deepEqual(hosted.decisions, ["1 fired", "2 fired", "2.5 fired", "3 fired"]);
});

Deno.test("a fire that its jitter puts off is not lost by another spec (H5)", () => {
  const hosted = new Hosted(specOf({ overlap: "allow", jitterMs: 30_000 }));
  const { wakeAtMs } = hosted.state;
  assert.ok(wakeAtMs! > at(1) + 100, "this one has some");
  hosted.nowMs = at(1) + 50;
  hosted.tell({ kind: "replace", spec: specOf({ overlap: "allow" }) });
  assert.deepEqual(hosted.decisions, ["1 fired"]);
  assert.equal(hosted.ledger[0]!.dueAtMs, wakeAtMs, "its job has the time that it had");
});

Deno.test("a paused schedule stays paused under another spec", () => {
  const hosted = new Hosted();
  hosted.tell({ kind: "pause", note: "why" });
  hosted.tell({ kind: "replace", spec: specOf({ count: 7 }) });
  assert.deepEqual([hosted.state.state, hosted.state.pauseNote], ["paused", "why"]);
});

Deno.test("what a pause kept from firing is in the ledger, also when the schedule is changed meanwhile", () => {
  for (const message of [{ kind: "delete" }, { kind: "replace", spec: specOf() }] as const) {
    const hosted = new Hosted();
    hosted.tell({ kind: "pause", note: null });
    hosted.nowMs = at(2.5);
    hosted.tell(message);
    assert.deepEqual(hosted.decisions, ["1 paused", "2 paused"]);
  }
});

Deno.test("a deleted schedule fires nothing, refuses commands, and comes back with another spec", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  hosted.wake();
  hosted.tell({ kind: "delete" });
  assert.equal(hosted.state.wakeAtMs, null);
  for (const kind of ["resume", "trigger"] as const) {
    assert.equal(hosted.tell({ kind })?.kind, "refused");
  }
  hosted.nowMs = at(5.5);
  hosted.tell({ kind: "replace", spec: specOf({ overlap: "allow" }) });
  hosted.wake();
  assert.deepEqual(hosted.decisions, ["1 fired", "6.5 fired"]);
  assert.equal(hosted.state.fired, 1);
});

Deno.test("a command that depends on whether a run is over has it looked at first (H5)", () => {
  const commands = [
    { kind: "replace", spec: specOf() },
    { kind: "pause", note: null },
    { kind: "delete" },
    { kind: "backfill", nominalAtMs: [] },
  ] as const;
  for (const command of commands) {
    const hosted = new Hosted();
    hosted.wake();
    hosted.nowMs = at(2) + 10;
    const { commits } = hosted;
    assert.deepEqual(hosted.tell(command), { kind: "look-first", jobIds: [jobAt(1)] });
    assert.equal(hosted.commits, commits, "nothing happened yet");
    hosted.tell({ ...command, over: [jobAt(1)] });
    assert.deepEqual(hosted.decisions.slice(0, 2), ["1 fired", "2 fired"], command.kind);
    const other = new Hosted();
    other.wake();
    other.nowMs = at(2) + 10;
    other.tell({ ...command, over: [] });
    assert.deepEqual(other.decisions.slice(0, 2), ["1 fired", "2 skipped-overlap"], command.kind);
  }
});

Deno.test("a schedule that comes back counts from then on", () => {
  const hosted = new Hosted(specOf({ overlap: "allow" }));
  hosted.tell({ kind: "delete" });
  hosted.nowMs = at(1.25);
  hosted.tell({ kind: "replace", spec: specOf({ overlap: "allow" }) });
  hosted.wake();
  assert.deepEqual(hosted.decisions, ["2.25 fired"]);
});

Deno.test("a backfill leaves out what waits for its turn, and says when it has no room (H2, H4)", () => {
  const hosted = new Hosted(specOf({ overlap: "queue-all" }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  const waiting = hosted.tell({ kind: "backfill", nominalAtMs: [at(1), at(2)], over: [] });
  assert.deepEqual(waiting, { kind: "fired", jobIds: [jobAt(1)], full: false });
  const spec = specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } });
  const sla = { ...spec.job.sla, startWithinMs: 1_000 };
  const watched = new Hosted({ ...spec, job: { ...spec.job, sla } });
  watched.wake(at(200.5));
  const all = Array.from({ length: 100 }, (_, n) => at(n + 1));
  const reply = watched.tell({ kind: "backfill", nominalAtMs: all });
  assert.ok(reply?.kind === "fired" && reply.full === true && reply.jobIds.length < 100);
});

Deno.test("a deletion says what becomes of the fires that wait", () => {
  const hosted = new Hosted(specOf({ overlap: "queue-all" }));
  hosted.wake();
  hosted.wake();
  look(hosted, [jobAt(1)]);
  hosted.tell({ kind: "delete", over: [] });
  assert.deepEqual(hosted.decisions, ["1 fired", "2 skipped-overlap"]);
});

Deno.test("a schedule that comes back heeds the runs that it had (H3)", () => {
  const hosted = new Hosted();
  hosted.wake();
  hosted.tell({ kind: "delete" });
  hosted.tell({ kind: "replace", spec: specOf() });
  hosted.wake();
  look(hosted, [jobAt(1)]);
  assert.deepEqual(hosted.decisions, ["1 fired", "2 skipped-overlap"]);
});

Deno.test("a trigger fires now, whatever else is true; the next fire heeds its run", () => {
  const hosted = new Hosted();
  hosted.tell({ kind: "pause", note: null });
  const first = hosted.tell({ kind: "trigger" });
  const second = hosted.tell({ kind: "trigger" });
  assert.ok(first?.kind === "fired" && second?.kind === "fired");
  assert.notEqual(first.jobIds[0], second.jobIds[0], "two in one millisecond are two");
  assert.match(first.jobIds[0]!, /^nightly@trigger-\d{4}-/);
  hosted.tell({ kind: "resume" });
  hosted.wake();
  look(hosted, [first.jobIds[0]!]);
  assert.deepEqual(hosted.decisions.slice(2), ["1 skipped-overlap"]);
});

Deno.test("a backfill makes the jobs of past nominal times, a step at a time (H2, H4)", () => {
  const hosted = new Hosted(specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } }));
  hosted.wake(at(250.5));
  const backfill = (from: number, count: number) => {
    const nominalAtMs = Array.from({ length: count }, (_, n) => at(from + n));
    const reply = hosted.tell({ kind: "backfill", nominalAtMs });
    return reply?.kind === "fired" ? reply.jobIds : assert.fail("it is refused");
  };
  const jobs = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => jobAt(from + n));
  assert.deepEqual(backfill(1, 120), jobs(1, JOBS_OF_STEP), "as many as a step carries");
  assert.deepEqual(backfill(249, 9), jobs(249, 2), "what lies ahead is not for a backfill");
  assert.deepEqual(hosted.tell({ kind: "backfill", nominalAtMs: [at(7.5), at(-1), NaN] }), {
    kind: "fired",
    jobIds: [],
    full: false,
  }, "nor is what its rule does not name");
  assert.deepEqual(hosted.jobs, [...jobs(1, JOBS_OF_STEP), ...jobs(249, 2)]);
  assert.deepEqual(hosted.state.open, []);
});

Deno.test("a backfill of a time before the latest fire leaves that the latest", () => {
  const hosted = new Hosted(specOf({ misfire: { policy: "skip", windowMs: null, max: 1 } }));
  hosted.wake(at(3.5));
  hosted.tell({ kind: "backfill", nominalAtMs: [at(2)] });
  assert.equal(hosted.state.last?.jobId, jobAt(2));
  hosted.tell({ kind: "backfill", nominalAtMs: [at(3), at(1)] });
  assert.equal(hosted.state.last?.jobId, jobAt(3));
  hosted.wake();
  hosted.tell({ kind: "backfill", nominalAtMs: [at(1)] });
  assert.equal(hosted.state.last?.jobId, jobAt(4));
});

Deno.test("an exclusion that comes or goes before a fire's time takes effect on that fire", () => {
  const excluded = new Set([at(2)]);
  const odd = (atMs: number) =>
    excluded.has(atMs) ? { fires: false, note: "excluded" as const } : {};
  const hosted = new Hosted(specOf({ overlap: "allow", jitterMs: MINUTE_MS / 2 }), odd);
  excluded.add(at(1));
  hosted.wake();
  assert.equal(hosted.state.wakeAtMs, at(2), "nothing delays what does not fire");
  excluded.delete(at(2));
  hosted.wake();
  assert.ok((hosted.state.wakeAtMs ?? 0) > at(2), "it waits for its jitter now");
  hosted.wake();
  assert.deepEqual(hosted.decisions, ["1 excluded", "2 fired"]);
});
