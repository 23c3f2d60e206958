import assert from "node:assert/strict";
import { setup } from "../testing/setup.ts";

Deno.test("POST /job passes on the key that a job shares, with its rule's defaults", async () => {
  const { ask, jobs } = setup();
  const cases: [Record<string, unknown>, unknown][] = [
    [{ unique: { key: "invoice-7" } }, {
      ...{ mode: "unique", key: "invoice-7", windowMs: null, onConflict: "reject" },
    }],
    [{ unique: { key: "k", window: "1h", onConflict: "keep" }, delay: "5m" }, {
      ...{ mode: "unique", key: "k", windowMs: 3_600_000, onConflict: "keep" },
    }],
    [{ debounce: { key: "k", wait: "5s" } }, {
      ...{ mode: "debounce", key: "k", waitMs: 5_000, maxWaitMs: null },
    }],
    [{ debounce: { key: "k", wait: "5s", maxWait: "1m" } }, {
      ...{ mode: "debounce", key: "k", waitMs: 5_000, maxWaitMs: 60_000 },
    }],
    [{ throttle: { key: "ключ 1", every: 60_000 } }, {
      ...{ mode: "throttle", key: "ключ 1", everyMs: 60_000 },
    }],
  ];
  for (const [fields, gate] of cases) {
    const answer = await ask("POST /job", { body: { name: "mail", ...fields } });
    assert.equal(answer.status, 202, answer.text);
    assert.deepEqual(jobs.namings.at(-1), { kind: "gated", gate });
  }
});

Deno.test("POST /job answers what came of a shared key", async () => {
  const { ask, jobs } = setup();
  const body = { name: "mail", unique: { key: "invoice-7" } };
  const first = await ask("POST /job", { body });
  const record = jobs.records.get(String(first.json.id))!;
  jobs.submitted = { kind: "kept", record };
  const kept = await ask("POST /job", { body });
  assert.deepEqual([kept.status, kept.headers.get("deduplicated")], [200, "kept"]);
  assert.deepEqual([kept.json.id, kept.headers.get("location")], [record.id, "/job/job-1"]);
  jobs.submitted = { kind: "merged", record, how: "debounced" };
  const merged = await ask("POST /job", { body, headers: { prefer: "return=minimal" } });
  assert.deepEqual([merged.status, merged.headers.get("deduplicated")], [202, "debounced"]);
  assert.deepEqual(merged.json, { id: record.id });
  jobs.submitted = { kind: "key-held", id: record.id, why: "another job has this key" };
  const held = await ask("POST /job", { body });
  assert.deepEqual([held.status, held.json.id], [409, "job-1"]);
  assert.deepEqual(held.json.errors, [
    { path: "unique.key", message: "another job has this key: job-1" },
  ]);
});

Deno.test("POST /job refuses what a shared key excludes, and rules that are none", async () => {
  const { ask, jobs } = setup();
  const [unique, throttle] = [{ key: "k" }, { key: "k", every: "1m" }];
  const debounce = { key: "k", wait: "5s" };
  const cases: [Record<string, unknown>, string][] = [
    [{ unique, id: "own" }, "id"],
    [{ unique, debounce }, "debounce"],
    [{ debounce, throttle }, "throttle"],
    [{ unique, schedule: { every: "1h" } }, "schedule"],
    [{ debounce, delay: "1m" }, "delay"],
    [{ throttle, runAt: "2027-01-01T00:00:00Z" }, "runAt"],
    [{ debounce: { ...debounce, maxWait: "1s" } }, "debounce"],
    [{ unique: {} }, "unique.key"],
    [{ unique: { key: "" } }, "unique.key"],
    [{ unique: { key: 7 } }, "unique.key"],
    [{ unique: { key: "k".repeat(256) } }, "unique.key"],
    [{ unique: { key: "k", window: 0 } }, "unique.window"],
    [{ unique: { key: "k", onConflict: "fail" } }, "unique.onConflict"],
    [{ unique: { key: "k", scope: "name" } }, "unique.scope"],
    [{ unique: "k" }, "unique"],
    [{ debounce: { key: "k" } }, "debounce.wait"],
    [{ throttle: { key: "k", every: "0s" } }, "throttle.every"],
    [{ throttle: null }, "throttle"],
  ];
  for (const [fields, path] of cases) {
    const answer = await ask("POST /job", { body: { name: "mail", ...fields } });
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"path":"${path}"`), answer.text);
  }
  const headers = { "idempotency-key": "k1" };
  const keyed = await ask("POST /job", { headers, body: { name: "mail", unique } });
  assert.equal(keyed.status, 400);
  assert.match(keyed.text, /"path":"unique".*Idempotency-Key exclude each other/);
  assert.equal(jobs.records.size, 0);
});

Deno.test("POST /schedule refuses a shared key in its job", async () => {
  const { ask } = setup();
  for (const mode of ["unique", "debounce", "throttle"]) {
    const job = { name: "mail", [mode]: { key: "k" } };
    const answer = await ask("POST /schedule", { body: { every: "1h", job } });
    assert.equal(answer.status, 400);
    assert.ok(answer.text.includes(`"path":"job.${mode}"`), answer.text);
  }
});

Deno.test("POST /jobs treats each item's key by itself", async () => {
  const { ask, jobs } = setup();
  const item = { name: "mail", unique: { key: "k" } };
  await ask("POST /job", { body: item });
  const record = jobs.records.get("job-1")!;
  jobs.submitted = { kind: "key-held", id: record.id, why: "another job has this key" };
  const refused = await ask("POST /jobs", { body: [item] });
  assert.deepEqual([refused.json.accepted, refused.json.rejected], [0, 1]);
  assert.match(refused.text, /"status":409.*another job has this key: job-1/);
  for (const outcome of ["kept", "merged"] as const) {
    jobs.submitted = outcome === "kept"
      ? { kind: outcome, record }
      : { kind: outcome, record, how: "replaced" };
    const { json } = await ask("POST /jobs", { body: [item] });
    assert.deepEqual([json.accepted, json.jobs], [1, [{ index: 0, id: "job-1" }]]);
  }
});
