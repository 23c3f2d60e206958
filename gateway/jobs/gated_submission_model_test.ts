/**
 * Properties of gated submissions: any number of them at a time, jobs that start, end and are cancelled in between,
 * clocks that go on, gatekeepers that are swept, over the real reducers.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { jobBehaviour } from "../../actors/job/behaviour.ts";
import { decodeJob } from "../../actors/job/codec.ts";
import type { JobMessage } from "../../actors/job/messages.ts";
import type { JobState } from "../../actors/job/state.ts";
import { NOW_MS, specOf } from "../../actors/job/testing/samples.ts";
import type { Gate } from "../../actors/unique/gate.ts";
import {
  GATE_LOOK_EVERY_MS,
  gatekeeperBehaviour,
  type GatekeeperEffect,
  gatekeeperId,
} from "../../actors/unique/gatekeeper.ts";
import { lookingFor } from "../../actors/unique/gatekeeper_driver.ts";
import { actorId, IdMaker } from "../../runtime/ids.ts";
import { Feed } from "../feed.ts";
import type { SubmitOutcome } from "../service.ts";
import { FakeSystem } from "../testing/fake_system.ts";
import { submitGated } from "./gated_submission.ts";
import { QueueBook } from "./queue_book.ts";

type Action =
  /** So many submissions at once. */
  | { readonly kind: "submit"; readonly count: number }
  | { readonly kind: "pass"; readonly ms: number }
  /** What is due starts; a running one ends, well or not; the latest one is cancelled. */
  | { readonly kind: "start" | "end" | "fail" | "cancel" | "sweep" };

const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("submit" as const),
        count: fc.integer({ min: 1, max: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("pass" as const),
        ms: fc.oneof(fc.nat(3_000), fc.nat(120_000), fc.constant(2 * GATE_LOOK_EVERY_MS)),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          ...["start" as const, "end" as const, "fail" as const],
          ...["cancel" as const, "sweep" as const],
        ),
      }),
    },
  ),
  { maxLength: 40 },
);

/** One key, and everything that ever had it. */
class World {
  readonly system = new FakeSystem(NOW_MS).host(jobBehaviour()).host(gatekeeperBehaviour);
  /** Every job that was accepted, in order, and when. */
  readonly accepted: { readonly id: string; readonly atMs: number }[] = [];
  #submitted = 0;
  readonly #ids = new IdMaker((count) => new Uint8Array(count));

  constructor(private readonly gate: Gate) {}

  /** Does it; tells what came of submissions, with their payloads. */
  async act(action: Action): Promise<readonly { payload: string; outcome: SubmitOutcome }[]> {
    switch (action.kind) {
      case "submit":
        return await this.#submit(action.count);
      case "pass":
        this.system.nowMs += action.ms;
        return [];
      case "start":
        for (const [id] of await this.jobs()) await this.#tell(id, { kind: "start" });
        return [];
      case "end":
      case "fail":
        for (const [id, { running }] of await this.jobs()) {
          if (running) await this.#end(id, { token: running.token, ok: action.kind === "end" });
        }
        return [];
      case "cancel": {
        const latest = this.accepted.at(-1);
        if (latest !== undefined) await this.#tell(latest.id, { kind: "cancel" });
        return [];
      }
      case "sweep":
        await this.#sweep();
        return [];
    }
  }

  /** Every job that there is. */
  async jobs(): Promise<readonly (readonly [string, JobState])[]> {
    const snapshots = await this.system.readAll(this.accepted.map(({ id }) => actorId(id)));
    return snapshots.flatMap((one) => one ? [[one.id, decodeJob(one)] as const] : []);
  }

  async #submit(count: number) {
    const { system } = this;
    const deps = {
      system,
      clock: system.clock,
      ids: this.#ids,
      feed: new Feed({ boot: "boot-1" }),
      queues: new QueueBook(),
    };
    return await Promise.all(Array.from({ length: count }, async () => {
      const payload = String(++this.#submitted);
      const spec = specOf({ payload, runAtMs: system.nowMs + this.#submitted % 2_000 });
      const outcome = await submitGated(deps, spec, this.gate);
      if (outcome.kind === "accepted") {
        this.accepted.push({ id: outcome.record.id, atMs: system.nowMs });
      }
      return { payload, outcome };
    }));
  }

  /** The gatekeeper is woken if it is time, told what it asks, and swept if it is not needed. */
  async #sweep(): Promise<void> {
    const [hash] = this.accepted[0]?.id.split("@") ?? [];
    if (hash === undefined) return;
    const id = gatekeeperId(hash);
    const ref = this.system.ref("unique", id);
    const before = await this.system.read(id);
    const { wakeAtMs = null } = before?.index ?? {};
    if (wakeAtMs !== null && wakeAtMs <= this.system.nowMs) {
      this.system.effects.length = 0;
      ref.tell({ kind: "wake" });
      const look = this.system.effects.find((effect) =>
        (effect as { kind: string }).kind === "look"
      );
      const answers: unknown[] = [];
      const { read } = this.system;
      const perform = lookingFor({
        read: (id) => read.call(this.system, id),
        tell: (_, message) => answers.push(message),
      });
      if (look && before) perform(look as GatekeeperEffect, before);
      await Promise.resolve();
      await Promise.resolve();
      for (const answer of answers) ref.tell(answer);
    }
    const { expireAtMs = null } = (await this.system.read(id))?.index ?? {};
    if (expireAtMs !== null && expireAtMs <= this.system.nowMs) this.system.remove(id);
  }

  async #tell(id: string, message: JobMessage): Promise<void> {
    await this.system.ref<JobMessage, unknown>("job", actorId(id)).ask(message);
  }

  #end(id: string, { token, ok }: { token: string; ok: boolean }): Promise<void> {
    const error = { name: "Error", message: "as told" };
    const outcome = ok
      ? { kind: "ok", result: "null" } as const
      : { kind: "error", error, retryable: false } as const;
    return this.#tell(id, { kind: "ended", token, outcome });
  }
}

const RUNS = { numRuns: 300 };

Deno.test("a unique key never has two jobs that are not over, and is free when there is none (Q1)", async () => {
  const conflicts = fc.constantFrom("reject" as const, "keep" as const, "replace" as const);
  await fc.assert(
    fc.asyncProperty(conflicts, actions, async (onConflict, list) => {
      const world = new World({ mode: "unique", key: "k", windowMs: null, onConflict });
      for (const action of list) {
        const wasFree = (await world.jobs()).every(([, job]) => job.finishedAtMs !== null);
        const outcomes = await world.act(action);
        const open = (await world.jobs()).filter(([, job]) => job.finishedAtMs === null);
        assert.ok(open.length <= 1, `${open.length} jobs of one key`);
        if (action.kind !== "submit") continue;
        const accepted = outcomes.filter(({ outcome }) => outcome.kind === "accepted");
        assert.equal(accepted.length, wasFree ? 1 : 0);
        const [[id, job] = ["", undefined]] = open;
        for (const { outcome } of outcomes) {
          assert.equal("record" in outcome ? outcome.record.id : outcome.id, id);
        }
        const merged = outcomes.filter(({ outcome }) => outcome.kind === "merged");
        const payloads = (merged.length > 0 ? merged : accepted).map(({ payload }) => payload);
        if (payloads.length > 0) assert.ok(payloads.includes(job?.spec.payload ?? ""));
      }
    }),
    RUNS,
  );
});

Deno.test("a window's jobs are accepted a window apart, unless the one before failed or was cancelled (Q1)", async () => {
  const windowMs = 60_000;
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const world = new World({ mode: "unique", key: "k", windowMs, onConflict: "reject" });
      for (const action of list) {
        const before = new Map(await world.jobs());
        const known = world.accepted.length;
        const outcomes = await world.act(action);
        const last = world.accepted[known - 1];
        const nowMs = world.system.nowMs;
        const state = last && before.get(last.id)?.state;
        const isHeld = last !== undefined && nowMs < last.atMs + windowMs && state !== "failed" &&
          state !== "cancelled";
        const made = world.accepted.length - known;
        assert.equal(made, outcomes.length > 0 && !isHeld ? 1 : 0);
      }
    }),
    RUNS,
  );
});

Deno.test("a debounce has one job before its start, of the last submission, due by its rule (Q2)", async () => {
  const gate: Gate = { mode: "debounce", key: "k", waitMs: 5_000, maxWaitMs: 9_000 };
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const world = new World(gate);
      for (const action of list) {
        const outcomes = await world.act(action);
        const untouched = (await world.jobs()).filter(([, job]) =>
          job.startedAtMs === null && job.finishedAtMs === null
        );
        assert.ok(untouched.length <= 1);
        if (action.kind !== "submit") continue;
        const [[, job] = ["", undefined]] = untouched;
        assert.ok(outcomes.some(({ payload }) => payload === job?.spec.payload));
        const { nowMs } = world.system;
        const dueAtMs = Math.min(nowMs + 5_000, (job?.createdAtMs ?? 0) + 9_000);
        assert.equal(job?.runAtMs, dueAtMs);
      }
    }),
    RUNS,
  );
});

Deno.test("a throttle's runs are due a period apart, and the last submission is among them (Q2, Q3)", async () => {
  const everyMs = 60_000;
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const world = new World({ mode: "throttle", key: "k", everyMs });
      for (const action of list) {
        const outcomes = await world.act(action);
        const jobs = await world.jobs();
        const due = jobs.filter(([, job]) => job.state !== "cancelled").map(([, job]) =>
          job.runAtMs
        )
          .sort((one, other) => one - other);
        due.forEach((ms, at) => assert.ok(at === 0 || ms - due[at - 1]! >= everyMs, `${due}`));
        if (action.kind !== "submit") continue;
        const latest = jobs.at(-1)?.[1];
        assert.ok(outcomes.some(({ payload }) => payload === latest?.spec.payload));
      }
    }),
    RUNS,
  );
});
