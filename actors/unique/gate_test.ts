import assert from "node:assert/strict";
import { jobIn, NOW_MS } from "../job/testing/samples.ts";
import { decide, type Gate, type HeldJob, type Holder, type Verdict } from "./gate.ts";

const HOUR_MS = 3_600_000;
const SCHEDULED = jobIn("scheduled", { createdAtMs: NOW_MS });
const RUNNING = jobIn("running");
const RETRYING = jobIn("retrying", { startedAtMs: NOW_MS });
const COMPLETED = jobIn("completed", { startedAtMs: NOW_MS, finishedAtMs: NOW_MS });
const FAILED = jobIn("failed", { startedAtMs: NOW_MS, finishedAtMs: NOW_MS });
const CANCELLED = jobIn("cancelled", { finishedAtMs: NOW_MS });

function holderOf(overrides: Partial<Holder> = {}): Holder {
  return { jobId: "one", dueAtMs: NOW_MS, untilMs: null, keptToMs: NOW_MS, ...overrides };
}

/** The verdict at NOW + `afterMs` on a submission that wants to run then. */
function verdict(
  gate: Gate,
  job: HeldJob | null,
  { holder = holderOf(), afterMs = 0 }: { holder?: Holder | null; afterMs?: number } = {},
): Verdict {
  const nowMs = NOW_MS + afterMs;
  return decide(gate, { holder, job }, { nowMs, runAtMs: nowMs });
}

function unique(
  onConflict: "reject" | "keep" | "replace",
  windowMs: number | null = null,
): Gate {
  return { mode: "unique", key: "k", windowMs, onConflict };
}

const kinds = (gate: Gate, jobs: readonly (HeldJob | null)[], options = {}) =>
  jobs.map((job) => verdict(gate, job, options).kind);

Deno.test("unique: a key that is new, or whose job is over or gone, is free", () => {
  const admitted: Verdict = {
    kind: "admit",
    holder: { dueAtMs: NOW_MS, untilMs: null, keptToMs: NOW_MS },
  };
  assert.deepEqual(verdict(unique("reject"), null, { holder: null }), admitted);
  for (const job of [COMPLETED, FAILED, CANCELLED, null]) {
    assert.deepEqual(verdict(unique("reject"), job), admitted);
  }
});

Deno.test("unique: a job that is not over holds its key, however long it takes", () => {
  const jobs = [SCHEDULED, jobIn("pending"), RUNNING, RETRYING];
  const later = { afterMs: 1_000 * HOUR_MS };
  assert.deepEqual(new Set(kinds(unique("reject"), jobs, later)), new Set(["refuse"]));
  assert.deepEqual(new Set(kinds(unique("keep"), jobs, later)), new Set(["keep"]));
});

Deno.test("unique: replace takes a job that has not started, and no other", () => {
  const jobs = [SCHEDULED, jobIn("pending"), RUNNING, RETRYING];
  assert.deepEqual(kinds(unique("replace"), jobs), ["merge", "merge", "refuse", "refuse"]);
  const interrupted = jobIn("pending", { startedAtMs: NOW_MS });
  assert.equal(verdict(unique("replace"), interrupted).kind, "refuse");
});

Deno.test("unique: a window ends the hold of a job that takes longer, and prolongs a completed one's", () => {
  const holder = holderOf({ untilMs: NOW_MS + HOUR_MS });
  const gate = unique("reject", HOUR_MS);
  const jobs = [RUNNING, COMPLETED, FAILED, CANCELLED, null];
  assert.deepEqual(kinds(gate, jobs, { holder, afterMs: HOUR_MS - 1 }), [
    ...["refuse", "refuse", "admit", "admit", "admit"],
  ]);
  assert.deepEqual(new Set(kinds(gate, jobs, { holder, afterMs: HOUR_MS })), new Set(["admit"]));
  assert.deepEqual(verdict(gate, COMPLETED, { holder, afterMs: HOUR_MS }), {
    kind: "admit",
    holder: {
      dueAtMs: NOW_MS + HOUR_MS,
      untilMs: NOW_MS + 2 * HOUR_MS,
      keptToMs: NOW_MS + 2 * HOUR_MS,
    },
  });
});

Deno.test("debounce: every submission puts a job off that has not started, up to maxWait", () => {
  const gate: Gate = { mode: "debounce", key: "k", waitMs: 5_000, maxWaitMs: 8_000 };
  assert.deepEqual(verdict(gate, null, { holder: null }), {
    kind: "admit",
    holder: { dueAtMs: NOW_MS + 5_000, untilMs: null, keptToMs: NOW_MS + 5_000 },
  });
  const dueAfter = (afterMs: number) => {
    const merged = verdict(gate, SCHEDULED, { afterMs });
    return merged.kind === "merge" ? merged.dueAtMs - NOW_MS : merged.kind;
  };
  assert.deepEqual([dueAfter(1_000), dueAfter(3_000), dueAfter(7_999)], [6_000, 8_000, 8_000]);
  assert.deepEqual(kinds(gate, [RUNNING, COMPLETED, CANCELLED]), ["admit", "admit", "admit"]);
  const endless: Gate = { ...gate, maxWaitMs: null };
  const last = verdict(endless, SCHEDULED, { afterMs: HOUR_MS });
  assert.deepEqual(last, { kind: "merge", dueAtMs: NOW_MS + HOUR_MS + 5_000 });
});

Deno.test("throttle: the first runs at once, the next at the period's end, later ones with it", () => {
  const gate: Gate = { mode: "throttle", key: "k", everyMs: 60_000 };
  const dueAt = (found: Verdict) => found.kind === "admit" ? found.holder.dueAtMs - NOW_MS : -1;
  assert.equal(dueAt(verdict(gate, null, { holder: null })), 0);
  for (const first of [jobIn("pending"), RUNNING, COMPLETED, null]) {
    assert.equal(dueAt(verdict(gate, first, { afterMs: 1 })), 60_000);
  }
  const holder = holderOf({ dueAtMs: NOW_MS + 60_000 });
  assert.deepEqual(verdict(gate, SCHEDULED, { holder, afterMs: 2 }), {
    kind: "merge",
    dueAtMs: NOW_MS + 60_000,
  });
  assert.equal(dueAt(verdict(gate, SCHEDULED, { holder, afterMs: 60_001 })), 120_000);
  assert.equal(dueAt(verdict(gate, COMPLETED, { holder, afterMs: 120_001 })), 120_001);
});

Deno.test("throttle: a cancelled job leaves its place, one that a user ran early keeps it", () => {
  const gate: Gate = { mode: "throttle", key: "k", everyMs: 60_000 };
  const holder = holderOf({ dueAtMs: NOW_MS + 60_000 });
  const dueAt = (job: HeldJob | null) => {
    const admitted = verdict(gate, job, { holder, afterMs: 10 });
    return admitted.kind === "admit" ? admitted.holder.dueAtMs - NOW_MS : -1;
  };
  assert.deepEqual([dueAt(CANCELLED), dueAt(null), dueAt(RUNNING), dueAt(COMPLETED)], [
    ...[60_000, 60_000, 120_000, 120_000],
  ]);
});
