import assert from "node:assert/strict";
import {
  CLAIM_GATES_MAX,
  PERMIT_IDLE_MS,
  PERMIT_POLL_MS,
  PERMIT_TRUST_MS,
} from "../../../runtime/limits.ts";
import { UNLIMITED } from "../limits.ts";
import type { GateGrant } from "../messages.ts";
import { type Claim, PermitBook, type SharedLimits } from "./permit_book.ts";

const LINE = "job/q";
const KEY = "job/q/k";

function setup(limits: Partial<SharedLimits>) {
  const taken = new Map<string, number>();
  const clock = { nowMs: 10_000 };
  const book = new PermitBook((name) => taken.get(name) ?? 0);
  const shared = { queue: "q", version: 1, ...UNLIMITED, perKey: UNLIMITED, ...limits };
  book.limit(LINE, shared, clock.nowMs);
  const admit = (lane = LINE) => {
    const room = book.admit(lane, clock.nowMs);
    if (room === "held") {
      for (const name of new Set([LINE, lane])) taken.set(name, (taken.get(name) ?? 0) + 1);
    }
    return room;
  };
  const end = (lane = LINE) => {
    for (const name of new Set([LINE, lane])) taken.set(name, taken.get(name)! - 1);
    book.freed(lane, clock.nowMs);
  };
  /** Sends what is to be sent, and answers it. */
  const granted = (grant: Partial<GateGrant> | ((claim: Claim) => Partial<GateGrant>)) => {
    const claims = book.claims(clock.nowMs);
    const opened = claims.flatMap((claim) => {
      const given = typeof grant === "function" ? grant(claim) : grant;
      const gates = claim.gates.map(({ gate, keep }): GateGrant => ({
        ...{ gate, held: keep, share: null, starts: [], nextInMs: null },
        ...given,
      }));
      return book.answered(claim.limiter, gates, clock.nowMs);
    });
    return { claims, opened };
  };
  const pass = (ms: number) => {
    for (const untilMs = clock.nowMs + ms; clock.nowMs < untilMs;) {
      clock.nowMs = Math.min(untilMs, clock.nowMs + 100);
      book.review(clock.nowMs, { trusted: true });
    }
  };
  return { book, clock, taken, admit, end, granted, pass };
}

Deno.test("a line without limits needs nobody's leave", () => {
  const { book, admit } = setup({});
  assert.ok(!book.isShared(LINE));
  assert.equal(admit(), "held");
  assert.deepEqual(book.claims(0), []);
});

Deno.test("what is refused is claimed, let in when it is granted, and used again (PG1)", () => {
  const { admit, end, granted } = setup({ concurrency: 5 });
  assert.equal(admit(), "no-line");
  const { claims, opened } = granted({ held: 2 });
  assert.deepEqual(claims.map(({ limiter, gates }) => [limiter, gates[0]?.want]), [
    ["q~all@limiter", 8],
  ]);
  assert.deepEqual(opened, [LINE]);
  assert.deepEqual([admit(), admit(), admit()], ["held", "held", "no-line"]);
  end();
  assert.equal(admit(), "held");
});

Deno.test("a limiter hears one claim at a time; one that gave nothing is asked again in a while (PB2)", () => {
  const { admit, granted, book, clock, pass } = setup({ concurrency: 5 });
  admit();
  const [claim] = book.claims(clock.nowMs);
  admit();
  assert.deepEqual(book.claims(clock.nowMs), []);
  book.answered(claim!.limiter, [
    { gate: "", held: 0, share: null, starts: [], nextInMs: null },
  ], clock.nowMs);
  admit();
  assert.deepEqual(granted({}).claims, []);
  pass(PERMIT_POLL_MS);
  assert.equal(granted({}).claims.length, 1);
  book.called(LINE, [""], clock.nowMs);
  assert.equal(granted({}).claims.length, 1, "it has something to say");
});

Deno.test("a job needs room for its queue and for its key, and takes neither without the other (PB1)", () => {
  const { admit, granted, taken } = setup({
    concurrency: 5,
    perKey: { concurrency: 1, rate: null },
  });
  assert.equal(admit(KEY), "no-line");
  granted({ held: 5 });
  assert.equal(admit(KEY), "no-lane");
  granted({ held: 1 });
  assert.equal(admit(KEY), "held");
  assert.equal(admit(KEY), "no-lane");
  assert.equal(admit(), "held", "without a key the queue alone counts");
  assert.deepEqual([taken.get(LINE), taken.get(KEY)], [2, 1]);
});

Deno.test("many keys of one limiter are claimed together, the rest with the next claim", () => {
  const { book, admit, clock, granted } = setup({ perKey: { concurrency: 1, rate: null } });
  for (let key = 0; key < 40 * CLAIM_GATES_MAX / 2; key++) admit(`job/q/key-${key}`);
  const sent = book.claims(clock.nowMs);
  assert.ok(sent.every(({ gates }) => gates.length <= CLAIM_GATES_MAX));
  assert.equal(new Set(sent.map(({ limiter }) => limiter)).size, sent.length);
  for (const { limiter } of sent) book.failed(limiter, clock.nowMs);
  assert.ok(granted({}).claims.length > 0 || !book.hasClaims);
});

Deno.test("what is not used for a while is given back (PG3), and a key that is idle is forgotten (PB3)", () => {
  const { book, admit, end, granted, pass } = setup({ perKey: { concurrency: 3, rate: null } });
  admit(KEY);
  granted({ held: 3 });
  admit(KEY);
  pass(2 * PERMIT_IDLE_MS + 200);
  assert.deepEqual(granted({}).claims[0]?.gates[0]?.keep, 1, "one is in use");
  end(KEY);
  pass(3 * PERMIT_IDLE_MS);
  assert.equal(granted({}).claims[0]?.gates[0]?.keep, 0);
  pass(200);
  assert.equal(book.size, 0);
});

Deno.test("what others want is given back as attempts end", () => {
  const { admit, end, granted, pass } = setup({ concurrency: 4 });
  admit();
  granted({ held: 4 });
  for (let at = 0; at < 4; at++) admit();
  pass(500);
  admit();
  granted({ held: 4, share: 2 });
  end();
  assert.equal(admit(), "no-line", "its share is two");
  assert.equal(
    granted(({ gates }) => ({ held: gates[0]!.keep, share: 2 })).claims[0]?.gates[0]?.keep,
    3,
  );
});

Deno.test("after a time without trust nothing is used that was not confirmed (PG2)", () => {
  const { admit, granted, clock, book } = setup({ concurrency: 4 });
  admit();
  granted({ held: 4 });
  assert.equal(admit(), "held");
  clock.nowMs += PERMIT_TRUST_MS + 1;
  assert.equal(admit(), "no-line");
  assert.deepEqual(granted({ held: 3 }).claims[0]?.gates[0]?.keep, 1, "what runs is there");
  assert.equal(admit(), "held");
  book.review(clock.nowMs, { trusted: false });
});

Deno.test("a start lets one in, from its moment on; whoever waits for it is woken then (HS1)", () => {
  const { book, admit, granted, clock } = setup({ rate: { limit: 10, perMs: 1_000 } });
  assert.equal(admit(), "no-line");
  const starts = [{ inMs: 0, atMs: 7, count: 1 }, { inMs: 50, atMs: 57, count: 1 }];
  assert.deepEqual(granted({ starts, nextInMs: 100 }).opened, [LINE]);
  assert.deepEqual([admit(), admit()], ["held", "no-line"]);
  assert.equal(book.wakeAtMs, clock.nowMs + 50);
  clock.nowMs += 50;
  assert.deepEqual(book.woken(clock.nowMs), [LINE]);
  assert.equal(admit(), "held");
  book.returned(LINE, clock.nowMs);
  assert.equal(admit(), "held", "the start that was not used");
  assert.equal(book.refusalOf(LINE, clock.nowMs), "rate");
});

Deno.test("starts that nobody waits for are given back", () => {
  const { admit, granted, pass } = setup({ rate: { limit: 10, perMs: 1_000 } });
  admit();
  granted({ starts: [{ inMs: 0, atMs: 7, count: 2 }, { inMs: 20, atMs: 27, count: 1 }] });
  admit();
  pass(300);
  assert.deepEqual(granted({}).claims[0]?.gates[0]?.unused, [[7, 1], [27, 1]]);
});

Deno.test("new limits keep what is held; without limits all is forgotten", () => {
  const { book, admit, granted, clock } = setup({ concurrency: 4 });
  admit();
  granted({ held: 4 });
  admit();
  const base = { queue: "q", version: 2, rate: null, perKey: UNLIMITED };
  book.limit(LINE, { ...base, concurrency: 2 }, clock.nowMs);
  const [claim] = granted({ held: 4 }).claims;
  assert.deepEqual([claim?.version, claim?.limits.concurrency], [2, 2]);
  assert.equal(admit(), "held");
  book.limit(LINE, { ...base, concurrency: null }, clock.nowMs);
  assert.deepEqual([book.size, book.isShared(LINE)], [0, false]);
});
