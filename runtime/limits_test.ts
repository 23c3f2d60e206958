import assert from "node:assert/strict";
import * as limits from "./limits.ts";

Deno.test("every limit is a positive whole number with its unit or its kind in its name", () => {
  for (const [name, value] of Object.entries(limits)) {
    assert.ok(Number.isSafeInteger(value) && value > 0, `${name} = ${value}`);
    assert.match(name, /_(MS|MIN|MAX|CHARS|BYTES)$/, name);
  }
});

Deno.test("what the cores rely on holds between the limits", () => {
  const {
    ARM_AHEAD_MS,
    BATCH_WRITES_MAX,
    LOCAL_HEALTH_MAX,
    MAILBOX_SYSTEM_MAX,
    MAILBOX_USER_MAX,
    OVERDUE_AFTER_MS,
    OVERDUE_EVERY_MS,
    PROBE_EVERY_MS,
    PROBE_TIMEOUT_MS,
    QUARANTINE_MS,
    RESTARTS_WINDOW_MS,
    SESSION_MARGIN_MS,
    SESSION_RENEW_MS,
    SESSION_TTL_MS,
    STORE_RETRY_MAX_MS,
    STORE_RETRY_MIN_MS,
    SUSPICION_FACTOR_MAX,
    SUSPICION_MIN_MS,
    WINDOW_AHEAD_MS,
    WINDOW_FUTURE_MAX,
    WINDOW_LANE_READY_MAX,
    WINDOW_READ_MAX,
    WINDOW_RESCAN_MS,
    WRITES_PENDING_MAX,
  } = limits;
  assert.ok(
    SESSION_TTL_MS - SESSION_MARGIN_MS > 2 * SESSION_RENEW_MS,
    "trust outlasts two renewals",
  );
  assert.ok(ARM_AHEAD_MS < WINDOW_RESCAN_MS && WINDOW_RESCAN_MS < WINDOW_AHEAD_MS / 2);
  assert.ok(WINDOW_READ_MAX >= WINDOW_LANE_READY_MAX, "a scan can fill a lane");
  assert.ok(WINDOW_READ_MAX <= WINDOW_FUTURE_MAX / 2, "a read of the time ahead fits");
  assert.ok(OVERDUE_EVERY_MS <= OVERDUE_AFTER_MS);
  assert.ok(QUARANTINE_MS >= RESTARTS_WINDOW_MS, "V2 outlives its actor");
  assert.ok(MAILBOX_USER_MAX <= MAILBOX_SYSTEM_MAX);
  assert.ok(STORE_RETRY_MIN_MS <= STORE_RETRY_MAX_MS);
  assert.ok(BATCH_WRITES_MAX <= WRITES_PENDING_MAX);
  // Two rounds of a node that knows two others, the probe itself, the suspicion; then the ring waits a second.
  const detectionMs = 3 * PROBE_EVERY_MS + SUSPICION_MIN_MS;
  assert.ok(detectionMs <= 4_000, "three nodes find a crash within 4 s");
  assert.ok(
    Math.max(detectionMs, SESSION_TTL_MS) + 1_000 <= 5_000,
    "and re-own its shards within 5 s",
  );
  assert.ok(detectionMs >= SESSION_TTL_MS, "when its session has lapsed");
  assert.ok(2 * PROBE_TIMEOUT_MS <= PROBE_EVERY_MS, "helpers have as long as the direct probe");
  assert.deepEqual([LOCAL_HEALTH_MAX, SUSPICION_FACTOR_MAX], [8, 6]);
});
