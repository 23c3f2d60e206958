import { actorId } from "../../runtime/ids.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import type { BootId } from "../../runtime/ids.ts";
import type { AttemptOutcome } from "../executor/port.ts";
import { jobBehaviour } from "./behaviour.ts";
import { decodeJob, draftOfJob, newJob } from "./codec.ts";
import { JOB_STATES, type JobMessage, type JobStateName } from "./messages.ts";
import { contextOf, jobIn, NOW_MS, specOf, TOKEN } from "./testing/samples.ts";
import type { JobState } from "./state.ts";

const behaviour = jobBehaviour();

/**
 * Every state × every message. A cell is `next state · reply · effects`; `=` means the same object.
 * The samples: pending is due, scheduled and retrying lie ahead, running is ours and holds TOKEN.
 */
const MESSAGES: Record<JobMessage["kind"], JobMessage> = {
  "start": { kind: "start" },
  "overdue": { kind: "overdue" },
  "ended": { kind: "ended", token: TOKEN, outcome: { kind: "ok", result: "7" } },
  "progress": { kind: "progress", token: TOKEN, percent: 40 },
  "checkpoint": { kind: "checkpoint", token: TOKEN, value: '{"at":3}' },
  "adopted": { kind: "adopted" },
  "deadline": { kind: "deadline", atMs: NOW_MS },
  "handler-known": { kind: "handler-known" },
  "cancel": { kind: "cancel" },
  "retry": { kind: "retry" },
  "run-now": { kind: "run-now" },
  "supersede": { kind: "supersede", spec: specOf() },
};
const IGNORED = "= · done ·";
const REFUSED = "= · refused ·";
const DECLINED = "= · refused ·";
const TABLE: Record<JobStateName, Record<JobMessage["kind"], string>> = {
  scheduled: {
    "start": DECLINED,
    "overdue": IGNORED,
    "ended": IGNORED,
    "progress": REFUSED,
    "checkpoint": REFUSED,
    "adopted": IGNORED,
    "deadline": IGNORED,
    "handler-known": IGNORED,
    "cancel": "cancelled · done · changed",
    "retry": REFUSED,
    "run-now": "pending · done · changed",
    "supersede": "pending · done · changed",
  },
  pending: {
    "start": "running · done · run changed",
    "overdue": IGNORED,
    "ended": IGNORED,
    "progress": REFUSED,
    "checkpoint": REFUSED,
    "adopted": IGNORED,
    "deadline": IGNORED,
    "handler-known": IGNORED,
    "cancel": "cancelled · done · changed",
    "retry": REFUSED,
    "run-now": IGNORED,
    "supersede": "pending · done · changed",
  },
  running: {
    "start": DECLINED,
    "overdue": IGNORED,
    "ended": "completed · done · changed",
    "progress": "running · done · changed",
    "checkpoint": "running · done · changed",
    "adopted": IGNORED + " confirm",
    "deadline": IGNORED,
    "handler-known": IGNORED,
    "cancel": "running · stopping · abort changed",
    "retry": REFUSED,
    "run-now": REFUSED,
    "supersede": REFUSED,
  },
  retrying: {
    "start": DECLINED,
    "overdue": IGNORED,
    "ended": IGNORED,
    "progress": REFUSED,
    "checkpoint": REFUSED,
    "adopted": IGNORED,
    "deadline": IGNORED,
    "handler-known": IGNORED,
    "cancel": "cancelled · done · changed",
    "retry": REFUSED,
    "run-now": "pending · done · changed",
    "supersede": REFUSED,
  },
  completed: finishedRow(REFUSED),
  failed: finishedRow("pending · done · changed"),
  cancelled: finishedRow("pending · done · changed"),
};

function finishedRow(retry: string): Record<JobMessage["kind"], string> {
  return {
    "start": DECLINED,
    "overdue": IGNORED,
    "ended": IGNORED,
    "progress": REFUSED,
    "checkpoint": REFUSED,
    "adopted": IGNORED,
    "deadline": IGNORED,
    "handler-known": IGNORED,
    "cancel": REFUSED,
    "retry": retry,
    "run-now": REFUSED,
    "supersede": REFUSED,
  };
}

function cell(job: JobState, message: JobMessage): string {
  const { state, reply, effects } = behaviour.receive(job, message, contextOf());
  const next = state === job ? "=" : state.state;
  return `${next} · ${reply?.kind} · ${effects.map((effect) => effect.kind).join(" ")}`.trim();
}

for (const state of JOB_STATES) {
  Deno.test(`jobBehaviour() answers every message when the job is ${state}`, () => {
    const row = Object.values(MESSAGES)
      .map((message) => [message.kind, cell(jobIn(state), message)]);
    assert.deepEqual(Object.fromEntries(row), TABLE[state]);
  });
}

Deno.test("jobBehaviour() keeps exactly running jobs in memory, and adopts them by their label", () => {
  for (const state of JOB_STATES) {
    const job = jobIn(state);
    assert.equal(behaviour.resident(job), state === "running");
    const { label } = behaviour.adopts ?? { label: "" };
    assert.equal(behaviour.encode(job).index.labels.includes(label), state === "running");
  }
});

Deno.test("jobBehaviour() takes a wake-up for a start", () => {
  assert.deepEqual(behaviour.wakes?.wake(actorId("job-1")), { kind: "start" });
});

// A random life ---------------------------------------------------------------------------------

const outcomes: fc.Arbitrary<AttemptOutcome> = fc.oneof(
  fc.record({ kind: fc.constant("ok" as const), result: fc.json() }),
  fc.record({
    kind: fc.constant("error" as const),
    error: fc.record(
      { name: fc.constantFrom("Error", "Odd"), message: fc.string() },
      { noNullPrototype: true },
    ),
    retryable: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom("timeout" as const, "lost" as const, "interrupted" as const),
    error: fc.record(
      { name: fc.string(), message: fc.string(), stack: fc.string() },
      { noNullPrototype: true },
    ),
  }),
  fc.record({ kind: fc.constantFrom("cancelled" as const, "unknown-handler" as const) }),
);

/** A message, whether it comes with the current token, how long after the one before, and where. */
const events = fc.record({
  message: fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: "start" as const }) },
    {
      weight: 4,
      arbitrary: outcomes.map((outcome) => ({ kind: "ended" as const, token: "", outcome })),
    },
    fc.record({
      kind: fc.constant("progress" as const),
      token: fc.constant(""),
      percent: fc.double({ min: -10, max: 200 }),
    }),
    fc.record({
      kind: fc.constant("checkpoint" as const),
      token: fc.constant(""),
      value: fc.json(),
    }),
    fc.record({
      kind: fc.constant("supersede" as const),
      spec: fc.nat(5_000).map((aheadMs) => specOf({ runAtMs: NOW_MS + aheadMs })),
    }),
    fc.record({
      kind: fc.constantFrom(
        "overdue" as const,
        "adopted" as const,
        "handler-known" as const,
        "cancel" as const,
        "retry" as const,
        "run-now" as const,
      ),
    }),
  ),
  current: fc.boolean(),
  afterMs: fc.integer({ min: -50, max: 5_000 }),
  boot: fc.constantFrom("boot-1", "boot-2"),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
const specs = fc.record({
  runAtMs: fc.integer({ min: NOW_MS - 5_000, max: NOW_MS + 5_000 }),
  delivery: fc.constantFrom("at-least-once" as const, "at-most-once" as const),
  sla: fc.record({
    startWithinMs: fc.option(fc.nat(5_000)),
    finishWithinMs: fc.option(fc.nat(5_000)),
  }, { noNullPrototype: true }),
  tags: fc.uniqueArray(fc.string(), { maxLength: 4 }),
  queue: fc.string(),
}).map(specOf);

/** The message with the token of its turn; what supersedes a job differs from it by its time. */
function addressed(
  message: JobMessage,
  { token, spec }: { readonly token: string; readonly spec: JobState["spec"] },
): JobMessage {
  if (message.kind === "supersede") {
    return { ...message, spec: { ...spec, runAtMs: message.spec.runAtMs } };
  }
  return "token" in message ? { ...message, token } : message;
}

/** Plays `life` on a new job and calls `look` after each step. */
function live(
  spec: ReturnType<typeof specOf>,
  life: readonly (typeof events extends fc.Arbitrary<infer Event> ? Event : never)[],
  look: (
    before: JobState,
    step: ReturnType<typeof behaviour.receive>,
    at: { message: JobMessage; nowMs: number },
  ) => void,
): void {
  let nowMs = NOW_MS;
  let job = newJob(spec, nowMs);
  life.forEach(({ message, current, afterMs, boot, chance }, turn) => {
    nowMs += afterMs;
    const token = current ? job.running?.token ?? "stale" : "stale";
    const sent = addressed(message, { token, spec: job.spec });
    const context = { nowMs, chance, boot: boot as BootId, unique: `unique-${turn}` };
    const step = behaviour.receive(job, sent, contextOf(context));
    look(job, step, { message: sent, nowMs });
    job = step.state;
  });
}

Deno.test("jobBehaviour() keeps J2, J9, J10 and J11 through every life", () => {
  fc.assert(fc.property(specs, fc.array(events, { maxLength: 60 }), (spec, life) => {
    live(spec, life, (before, { state, effects }) => {
      assert.equal(state === before, !effects.some((effect) => effect.kind === "changed")); // J2
      assert.equal(state.running !== null, state.state === "running"); // J9
      const finished = ["completed", "failed", "cancelled"].includes(state.state);
      assert.equal(state.finishedAtMs !== null, finished); // J9
      assert.ok((state.running?.number ?? state.counted) <= state.maxAttempts); // J10
      if (before.state === "completed") assert.equal(state, before); // J11
      if (state.waiting !== null) assert.equal(state.state, "pending");
    });
  }));
});

Deno.test("jobBehaviour() keeps J3 and J7 through every life: no early start, no stale end", () => {
  fc.assert(fc.property(specs, fc.array(events, { maxLength: 60 }), (spec, life) => {
    live(spec, life, (before, { state, effects }, { message, nowMs }) => {
      for (const effect of effects) {
        if (effect.kind !== "run") continue;
        assert.ok(effect.order.notBeforeMs <= nowMs + 40, "armed too far ahead");
        assert.ok((state.startedAtMs ?? 0) >= before.runAtMs, "recorded as started early");
        assert.equal(effect.order.notBeforeMs, before.runAtMs);
      }
      if (message.kind === "ended" && message.token === "stale") assert.equal(state, before);
    });
  }));
});

Deno.test("jobBehaviour() keeps J8 through every life: at most once begins at most once by itself", () => {
  const strict = specs.map((spec) => ({ ...spec, delivery: "at-most-once" as const }));
  fc.assert(fc.property(strict, fc.array(events, { maxLength: 60 }), (spec, life) => {
    let begun = 0;
    live(spec, life, (_, { state, effects }, { message }) => {
      if (message.kind === "retry" && effects.length > 0) begun = 0;
      if (effects.some((effect) => effect.kind === "run")) begun++;
      if (message.kind === "ended" && message.outcome.kind === "unknown-handler") {
        if (state.running === null) begun = 0;
      }
      assert.ok(begun <= 1, "run twice");
    });
  }));
});

Deno.test("jobBehaviour() decodes what it encodes through every life (C1, C2)", () => {
  fc.assert(fc.property(specs, fc.array(events, { maxLength: 40 }), (spec, life) => {
    const { id } = contextOf();
    let draft = draftOfJob(spec, { id, nowMs: NOW_MS });
    live(spec, life, (_, { state, carries }) => {
      const stored = behaviour.encode(state);
      draft = { ...draft, body: carries?.body ?? draft.body };
      const snapshot = { ...draft, ...stored, shard: 0, version: 2 };
      assert.deepEqual(decodeJob(snapshot as Parameters<typeof decodeJob>[0]), state);
    });
  }));
});
