import assert from "node:assert/strict";
import { Fault } from "../fault.ts";
import { actorId } from "../ids.ts";
import {
  BATCH_BEHIND_WRITES_MIN,
  BATCH_CHARS_MAX,
  BATCH_WRITES_MAX,
  BATCHES_IN_FLIGHT_MAX,
  WRITES_PENDING_MAX,
} from "../limits.ts";
import { GroupCommit } from "./group_commit.ts";
import type { Write, WriteOutcome } from "./port.ts";
import { append, insert } from "./testing/fixtures.ts";

const APPLIED: WriteOutcome = { kind: "applied" };

/** A store that answers when it is told to. */
class HeldStore {
  readonly calls: { batch: readonly Write[]; answer: (error?: Error) => Promise<void> }[] = [];

  apply(batch: readonly Write[]): Promise<readonly WriteOutcome[]> {
    return new Promise((resolve, reject) => {
      const answer = (error?: Error) => {
        if (error) reject(error);
        else resolve(batch.map(() => APPLIED));
        return settled();
      };
      this.calls.push({ batch, answer });
    });
  }

  sizes(): number[] {
    return this.calls.map(({ batch }) => batch.length);
  }
}

/** Lets everything happen that doesn't wait for the store. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

function setup() {
  const store = new HeldStore();
  const commit = new GroupCommit(store);
  const seen: string[] = [];
  const submit = (name: string, write: Write = insert(name)) => {
    commit.submit(write, (outcome) => {
      seen.push(`${name} ${outcome instanceof Fault ? outcome.code : outcome.kind}`);
    });
  };
  const submitMany = (count: number, from = 0) => {
    for (let at = from; at < from + count; at++) submit(`job-${at}`);
  };
  return { store, commit, seen, submit, submitMany };
}

Deno.test("submit() sends a lone write at once", async () => {
  const { store, submit, seen, commit } = setup();
  submit("a");
  assert.equal(commit.pending, 1);
  await settled();
  assert.deepEqual(store.sizes(), [1]);
  await store.calls[0]?.answer();
  assert.deepEqual(seen, ["a applied"]);
  assert.equal(commit.pending, 0);
});

Deno.test("submit() of one turn goes as one batch, in order (G1)", async () => {
  const { store, submitMany } = setup();
  submitMany(100);
  assert.deepEqual(store.sizes(), [], "nothing leaves within the turn");
  await settled();
  assert.deepEqual(store.sizes(), [100]);
  const ids = store.calls[0]?.batch.map((write) => write.kind === "insert" && write.draft.id);
  assert.deepEqual(ids, Array.from({ length: 100 }, (_, at) => `job-${at}`));
});

Deno.test("submit() gathers while all batches are under way (G3)", async () => {
  const { store, submit, submitMany, seen } = setup();
  submit("first");
  await settled();
  for (let at = 1; at < BATCHES_IN_FLIGHT_MAX; at++) {
    submitMany(BATCH_BEHIND_WRITES_MIN);
    await settled();
  }
  const full = [1, ...Array(BATCHES_IN_FLIGHT_MAX - 1).fill(BATCH_BEHIND_WRITES_MIN)];
  submitMany(BATCH_BEHIND_WRITES_MIN + 1);
  await settled();
  assert.deepEqual(store.sizes(), full);
  await store.calls[0]?.answer();
  assert.deepEqual(store.sizes(), [...full, BATCH_BEHIND_WRITES_MIN + 1]);
  assert.deepEqual(seen, ["first applied"]);
});

Deno.test("submit() sends nothing small behind a batch under way, and all of it after (G3)", async () => {
  const { store, submit, submitMany } = setup();
  submit("first");
  await settled();
  submitMany(BATCH_BEHIND_WRITES_MIN - 1);
  await settled();
  assert.deepEqual(store.sizes(), [1]);
  await store.calls[0]?.answer();
  assert.deepEqual(store.sizes(), [1, BATCH_BEHIND_WRITES_MIN - 1]);
});

Deno.test("submit() keeps batches within what the store likes (G3)", async () => {
  const store = new HeldStore();
  const commit = new GroupCommit({ commitWritesMax: 30, apply: (batch) => store.apply(batch) });
  for (let at = 0; at < 65; at++) commit.submit(insert(`job-${at}`), () => {});
  await settled();
  await store.calls[0]?.answer();
  await store.calls[1]?.answer();
  assert.deepEqual(store.sizes(), [30, 30, 5]);
});

Deno.test("submit() keeps batches within their number of writes (G3)", async () => {
  const { store, submitMany } = setup();
  submitMany(BATCH_WRITES_MAX * 2 + 5);
  await settled();
  assert.deepEqual(store.sizes(), [BATCH_WRITES_MAX, BATCH_WRITES_MAX]);
  await store.calls[0]?.answer();
  await store.calls[1]?.answer();
  assert.deepEqual(store.sizes().at(-1), 5);
});

Deno.test("submit() keeps batches within their characters; a huge write goes alone (G3)", async () => {
  const { store, submit } = setup();
  const half = "x".repeat(BATCH_CHARS_MAX / 2);
  submit("big-1", insert("a", { body: half }));
  submit("big-2", append("a", [half]));
  submit("huge", insert("b", { body: "x".repeat(BATCH_CHARS_MAX + 1) }));
  submit("small");
  await settled();
  await store.calls[0]?.answer();
  await store.calls[1]?.answer();
  await store.calls[2]?.answer();
  assert.deepEqual(store.sizes(), [1, 1, 1, 1]);
});

Deno.test("submit() answers `overloaded` at once beyond its bound (G4)", async () => {
  const { store, submit, submitMany, seen, commit } = setup();
  submitMany(WRITES_PENDING_MAX);
  assert.deepEqual(seen, []);
  submit("one-more");
  assert.deepEqual(seen, ["one-more overloaded"]);
  assert.equal(commit.pending, WRITES_PENDING_MAX);
  await settled();
  await store.calls[0]?.answer();
  submit("again");
  assert.equal(seen.at(-1), `job-${BATCH_WRITES_MAX - 1} applied`, "there is room again");
});

Deno.test("submit() gives every write of a failed batch the batch's fault (G2)", async () => {
  const { store, submit, seen } = setup();
  submit("a");
  submit("b");
  await settled();
  submit("c");
  await settled();
  await store.calls[0]?.answer(new Fault("store.apply", "full", { message: "no space" }));
  await store.calls[1]?.answer();
  assert.deepEqual(seen, ["a full", "b full", "c applied"]);
});

Deno.test("submit() turns a bug in a batch into a fault that isn't retried", async () => {
  const { store, submit, seen } = setup();
  submit("a");
  await settled();
  await store.calls[0]?.answer(new Error("a bug"));
  assert.deepEqual(seen, ["a corrupt"]);
  assert.equal(new Fault("x", "corrupt", { message: "" }).retryable, false);
});

Deno.test("submit() refuses the one write of a batch that is a bug, and no other", async () => {
  const { store, submit, seen } = setup();
  for (const name of ["a", "b", "c", "d", "e"]) submit(name);
  await settled();
  for (let at = 0; at < store.calls.length; at++) {
    const call = store.calls[at];
    const bad = call?.batch.some((write) => write.kind === "insert" && write.draft.id === "d");
    await call?.answer(bad ? new Error("a bug") : undefined);
    await settled();
  }
  assert.deepEqual(store.sizes(), [5, 3, 2, 1, 1]);
  const fates = ["a applied", "b applied", "c applied", "d corrupt", "e applied"];
  assert.deepEqual(seen, fates);
});

Deno.test("submit() works from within an answer", async () => {
  const { store, commit, seen } = setup();
  commit.submit(insert("a"), () => {
    commit.submit(insert("b"), (outcome) => seen.push(`b ${(outcome as WriteOutcome).kind}`));
  });
  await settled();
  await store.calls[0]?.answer();
  await store.calls[1]?.answer();
  assert.deepEqual(seen, ["b applied"]);
});

Deno.test("submit() hands each write its own outcome", async () => {
  const kinds: string[] = [];
  const outcomes: WriteOutcome[] = [APPLIED, { kind: "exists" }, { kind: "fenced", epoch: 3 }];
  const commit = new GroupCommit({ apply: () => Promise.resolve(outcomes) });
  for (const id of ["a", "b", "c"]) {
    commit.submit(insert(actorId(id)), (outcome) => kinds.push((outcome as WriteOutcome).kind));
  }
  await commit.idle();
  assert.deepEqual(kinds, ["applied", "exists", "fenced"]);
});

Deno.test("idle() resolves once nothing is pending", async () => {
  const { store, commit, submit } = setup();
  await commit.idle();
  let idle = false;
  submit("a");
  commit.idle().then(() => idle = true);
  await settled();
  assert.equal(idle, false);
  submit("b");
  await settled();
  await store.calls[0]?.answer();
  assert.equal(idle, false, "b is still under way");
  await store.calls[1]?.answer(new Fault("store.apply", "unavailable", { message: "gone" }));
  assert.equal(idle, true);
});

Deno.test("quiet() resolves when what came before is answered, while more goes on coming", async () => {
  const { store, commit, submit } = setup();
  await commit.quiet();
  const told: string[] = [];
  submit("a");
  void commit.quiet().then(() => told.push("a"));
  await settled();
  submit("b");
  void commit.quiet().then(() => told.push("b"));
  submit("c");
  await store.calls[0]?.answer();
  assert.deepEqual(told, ["a"]);
  submit("d");
  await store.calls[1]?.answer();
  assert.deepEqual(told, ["a", "b"]);
  await store.calls[2]?.answer();
});

Deno.test("counters tell batches and writes", async () => {
  const { store, commit, submitMany } = setup();
  submitMany(3);
  await settled();
  submitMany(2, 3);
  await settled();
  for (const { answer } of store.calls) await answer();
  assert.deepEqual(commit.counters, { batches: 2, writes: 5 });
});

Deno.test("submit() of many writes keeps their order across many batches (G1)", async () => {
  const order: string[] = [];
  const commit = new GroupCommit({
    apply: (batch) => {
      for (const write of batch) if (write.kind === "insert") order.push(write.draft.id);
      return Promise.resolve(batch.map(() => APPLIED));
    },
  });
  const count = BATCH_WRITES_MAX * 6 + 17;
  for (let at = 0; at < count; at++) {
    commit.submit(insert(`job-${at}`), () => {});
    if (at % 700 === 0) await Promise.resolve();
  }
  await commit.idle();
  assert.deepEqual(order, Array.from({ length: count }, (_, at) => `job-${at}`));
});

Deno.test("GroupCommit tells once of each batch that the store refused", async () => {
  const fault = new Fault("store.apply", "full", { message: "no space" });
  const heard: Fault[] = [];
  const commit = new GroupCommit({ apply: () => Promise.reject(fault) }, (one) => heard.push(one));
  commit.submit(insert("a"), () => {});
  commit.submit(insert("b"), () => {});
  await commit.idle();
  assert.deepEqual(heard, [fault]);
});
