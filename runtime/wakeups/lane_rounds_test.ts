import assert from "node:assert/strict";
import { LaneRounds } from "./lane_rounds.ts";

const IDLE = { more: false };

/** The pages that are read until nothing more is wanted; lanes with keys have `pages` of them. */
function readAll(rounds: LaneRounds, pages: number): (string | null)[] {
  const read: (string | null)[] = [];
  for (let page = rounds.next(IDLE); page; page = rounds.next(IDLE)) {
    assert.equal(rounds.next({ more: true }), undefined, "one at a time (LR1)");
    read.push(page.after);
    const number = page.after === null ? 0 : Number(page.after);
    rounds.read({ after: page.after, next: number < pages ? String(number + 1) : null });
  }
  return read;
}

Deno.test("next() goes through all pages at the start, and when all are wanted", () => {
  const rounds = new LaneRounds();
  assert.deepEqual(readAll(rounds, 3), [null, "1", "2", "3"]);
  rounds.wantAll();
  assert.deepEqual(readAll(rounds, 3), [null, "1", "2", "3"]);
});

Deno.test("next() looks at the lanes without keys and at one page of the others, round and round", () => {
  const rounds = new LaneRounds();
  readAll(rounds, 2);
  const read: (string | null)[][] = [];
  for (let rescan = 0; rescan < 3; rescan++) {
    rounds.wantSome();
    read.push(readAll(rounds, 2));
  }
  assert.deepEqual(read, [[null, "1"], [null, "2"], [null, "1"]]);
  assert.ok(rounds.hasKeys);
});

Deno.test("next() knows no pages when no lane has a key", () => {
  const rounds = new LaneRounds();
  assert.deepEqual(readAll(rounds, 0), [null]);
  assert.ok(!rounds.hasKeys);
  assert.equal(rounds.next({ more: true }), undefined);
});

Deno.test("a round that is wanted during another begins again (LR2)", () => {
  const rounds = new LaneRounds();
  rounds.next(IDLE);
  rounds.read({ after: null, next: "1" });
  assert.equal(rounds.next(IDLE)?.after, "1");
  rounds.wantAll();
  rounds.read({ after: "1", next: "2" });
  assert.deepEqual(readAll(rounds, 2), [null, "1", "2"]);
});

Deno.test("a page that could not be read is read again", () => {
  const rounds = new LaneRounds();
  const first = rounds.next(IDLE)!;
  rounds.failed(first);
  assert.deepEqual(rounds.next(IDLE), first);
  rounds.read({ after: null, next: "1" });
  const page = rounds.next(IDLE)!;
  rounds.failed(page);
  assert.deepEqual(rounds.next(IDLE), page);
});

Deno.test("read() tells the first page of the lanes with keys", () => {
  const rounds = new LaneRounds();
  assert.ok(!rounds.read({ after: null, next: "1" }));
  assert.ok(rounds.read({ after: "1", next: "2" }));
  assert.ok(!rounds.read({ after: "2", next: null }));
});
