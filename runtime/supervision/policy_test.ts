import assert from "node:assert/strict";
import { MESSAGE_CRASHES_MAX, RESTARTS_MAX, RESTARTS_WINDOW_MS } from "../limits.ts";
import {
  type Crash,
  RESTART_DELAY_MAX_MS,
  RESTART_DELAY_MIN_MS,
  type RestartHistory,
  supervise,
} from "./policy.ts";

function crash(overrides: Partial<Crash> = {}): Crash {
  return { nowMs: 100_000, during: "message", messageCrashes: 1, ...overrides };
}

/** Restarts so far, all within the window. */
function restarts(count: number, atMs = 100_000): RestartHistory {
  return Array.from({ length: count }, () => atMs);
}

Deno.test("supervise() restarts after a first crash and remembers it", () => {
  assert.deepEqual(supervise([], crash()), {
    directive: { kind: "restart", delayMs: RESTART_DELAY_MIN_MS, setAside: false },
    history: [100_000],
  });
});

Deno.test("supervise() doubles the pause with every restart, up to the longest", () => {
  const pauses = [0, 1, 2, 3, 4].map((count) => {
    const { directive } = supervise(restarts(count), crash());
    return directive.kind === "restart" ? directive.delayMs : directive.kind;
  });
  assert.deepEqual(pauses, [10, 20, 40, 80, 160]);
  assert.ok(pauses.every((pause) => Number(pause) <= RESTART_DELAY_MAX_MS));
});

Deno.test("supervise() sets a message aside at its last allowed crash and carries on (V1)", () => {
  const before = supervise([], crash({ messageCrashes: MESSAGE_CRASHES_MAX - 1 }));
  assert.equal(before.directive.kind, "restart");
  const { directive, history } = supervise([], crash({ messageCrashes: MESSAGE_CRASHES_MAX }));
  assert.deepEqual(directive, { kind: "resume", setAside: true });
  assert.deepEqual(history, [], "resuming is no restart");
});

Deno.test("supervise() stops an actor that used up its restarts (V2)", () => {
  assert.deepEqual(supervise(restarts(RESTARTS_MAX), crash()).directive, { kind: "stop" });
  const poison = crash({ messageCrashes: MESSAGE_CRASHES_MAX });
  assert.deepEqual(supervise(restarts(RESTARTS_MAX), poison).directive, { kind: "stop" });
});

Deno.test("supervise() escalates when the state cannot even be read (V2)", () => {
  const load = crash({ during: "load", messageCrashes: 0 });
  assert.equal(supervise([], load).directive.kind, "restart");
  assert.deepEqual(supervise(restarts(RESTARTS_MAX), load).directive, { kind: "escalate" });
});

Deno.test("supervise() forgets restarts outside the window (V2)", () => {
  const old = restarts(RESTARTS_MAX, 100_000 - RESTARTS_WINDOW_MS);
  assert.deepEqual(supervise(old, crash()), {
    directive: { kind: "restart", delayMs: RESTART_DELAY_MIN_MS, setAside: false },
    history: [100_000],
  });
  const young = restarts(RESTARTS_MAX, 100_001 - RESTARTS_WINDOW_MS);
  assert.equal(supervise(young, crash()).directive.kind, "stop");
});
