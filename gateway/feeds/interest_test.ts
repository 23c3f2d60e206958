import assert from "node:assert/strict";
import { CHANGES_KEPT_MAX, Interest } from "./interest.ts";

Deno.test("Interest wants a job as long as somebody wants it (N1)", () => {
  const interest = new Interest();
  interest.want("job-1");
  interest.want("job-1");
  interest.unwant("job-1");
  assert.deepEqual(interest.changeSince(null).add, ["job-1"]);
  interest.unwant("job-1");
  assert.equal(interest.none, true);
});

Deno.test("Interest wants everything as long as somebody wants it, beside single jobs (N1)", () => {
  const interest = new Interest();
  interest.want(undefined);
  interest.want(undefined);
  interest.want("job-1");
  interest.unwant(undefined);
  assert.deepEqual([interest.all, interest.none], [true, false]);
  interest.unwant(undefined);
  assert.deepEqual([interest.all, interest.none], [false, false]);
});

Deno.test("Interest.changeSince() tells a revision what came and what went since (N3)", () => {
  const interest = new Interest();
  interest.want("kept");
  const base = interest.want("gone");
  interest.want("new");
  interest.want("brief");
  interest.unwant("brief");
  interest.unwant("gone");
  const revision = interest.want(undefined);
  assert.deepEqual(interest.changeSince(base), {
    ...{ base, revision, all: true },
    ...{ add: ["new"], remove: ["brief", "gone"] },
  });
  assert.deepEqual(interest.changeSince(revision), {
    ...{ base: revision, revision, all: true },
    ...{ add: [], remove: [] },
  });
});

Deno.test("Interest tells a job again for whoever is the next to want it (N2)", () => {
  const interest = new Interest();
  const base = interest.want("job-1");
  assert.ok(interest.want("job-1") > base);
  assert.deepEqual(interest.changeSince(base).add, ["job-1"]);
});

Deno.test("Interest tells everything to whoever remembers too little (N3)", () => {
  const interest = new Interest();
  const base = interest.want("first");
  for (let n = 0; n < CHANGES_KEPT_MAX; n++) interest.want(`job-${n % 3}`);
  assert.deepEqual(interest.changeSince(base).add, ["job-0", "job-1", "job-2"]);
  interest.want("job-0");
  const { base: none, add } = interest.changeSince(base - 1);
  assert.deepEqual([none, add], [null, ["first", "job-0", "job-1", "job-2"]]);
});
