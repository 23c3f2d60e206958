import assert from "node:assert/strict";
import type { ShardId } from "../../../runtime/ids.ts";
import type { AlertEvent } from "../../alert/event.ts";
import { contextOf, NOW_MS } from "../../job/testing/samples.ts";
import { webhookActorId } from "../ids.ts";
import { newsSample, webhookSpec, webhookState } from "../testing/samples.ts";
import { webhookBehaviour } from "./behaviour.ts";
import { decodeEvent, decodeWebhook, draftOfWebhook } from "./codec.ts";
import type { DeliveryFailure, Sent, WebhookMessage } from "./messages.ts";
import { BACKLOG_MAX, type WebhookState } from "./state.ts";

const HOUR_MS = 3_600_000;
const FAILURE: DeliveryFailure = { message: "answered 500", retryAfterMs: null, gone: false };

function setup(state: WebhookState = webhookState()) {
  const alerts: AlertEvent[] = [];
  const behaviour = webhookBehaviour({
    pauseAfterMs: HOUR_MS,
    report: (event) => {
      alerts.push(event);
      return [];
    },
  });
  const hook = {
    state,
    alerts,
    receive(message: WebhookMessage, nowMs = NOW_MS) {
      const context = contextOf({ id: webhookActorId("in"), nowMs });
      const step = behaviour.receive(hook.state, message, context);
      hook.state = step.state;
      return step;
    },
    /** `count` more events. */
    news: (count: number, nowMs = NOW_MS) =>
      hook.receive({
        kind: "news",
        events: Array.from({ length: count }, (_, at) => newsSample(`job-${at}`)),
      }, nowMs),
    sent: (part: Partial<Sent>, nowMs = NOW_MS) =>
      hook.receive({
        ...{ kind: "sent", turn: hook.state.turn, done: [], expired: 0, failure: null },
        ...part,
      }, nowMs),
  };
  return hook;
}

const placeOf = ({ cursor, next, ahead, dueAtMs }: WebhookState) => [cursor, next, ahead, dueAtMs];

Deno.test("events are kept in the commit that numbers them, and sent at once (WH1)", () => {
  const hook = setup();
  const { carries, reply } = hook.news(2);
  assert.deepEqual(carries?.inserts?.map(({ id }) => id), ["in@webhook-1", "in@webhook-2"]);
  const [first] = carries?.inserts ?? [];
  const stored = { ...first!, shard: 0 as ShardId, version: 1 };
  assert.deepEqual(decodeEvent(stored), newsSample("job-0"));
  assert.deepEqual([reply, placeOf(hook.state)], [{ kind: "done" }, [1, 3, [], NOW_MS]]);
  const { effects, state } = hook.receive({ kind: "wake" });
  const { spec, turn } = state;
  assert.deepEqual(effects, [{ kind: "deliver", spec, turn, sequences: [1, 2] }]);
  assert.equal(state.dueAtMs, NOW_MS, "it stays due until it is known what came of it");
});

Deno.test("the cursor passes what was taken without a gap; what was taken beyond is not sent again (WH2)", () => {
  const hook = setup();
  hook.news(5);
  hook.sent({ done: [1, 4], failure: FAILURE });
  assert.deepEqual(placeOf(hook.state).slice(0, 3), [2, 6, [4]]);
  const { effects } = hook.receive({ kind: "wake" });
  assert.deepEqual(effects[0]?.sequences, [2, 3, 5]);
  hook.sent({ done: [3, 2, 5] });
  assert.deepEqual(placeOf(hook.state), [6, 6, [], null]);
});

Deno.test("failures are tried again ever later, as late as the receiver asks, until one is taken", () => {
  const hook = setup();
  hook.news(1);
  const delays = Array.from({ length: 12 }, () => {
    hook.sent({ failure: FAILURE });
    return hook.state.dueAtMs! - NOW_MS;
  });
  assert.deepEqual(delays.slice(0, 4), [1_000, 2_000, 4_000, 8_000]);
  assert.equal(delays.at(-1), 300_000);
  hook.sent({ failure: { ...FAILURE, retryAfterMs: 600_000 } });
  assert.equal(hook.state.dueAtMs, NOW_MS + 600_000);
  hook.news(1);
  assert.equal(hook.state.dueAtMs, NOW_MS + 600_000, "news do not hurry it");
  hook.sent({ done: [1] });
  assert.deepEqual([hook.state.tries, hook.state.failingSinceMs, hook.state.lastError], [
    0,
    null,
    null,
  ]);
  assert.equal(hook.state.dueAtMs, NOW_MS);
});

Deno.test("who fails for too long, or is gone, is paused and alerted; resumed, it is sent what waited", () => {
  const hook = setup();
  hook.news(1);
  hook.sent({ failure: FAILURE });
  hook.sent({ failure: FAILURE }, NOW_MS + HOUR_MS - 1);
  assert.equal(hook.state.paused, null);
  hook.sent({ failure: FAILURE }, NOW_MS + HOUR_MS);
  assert.deepEqual([hook.state.paused, hook.state.dueAtMs], ["failing", null]);
  hook.news(1);
  assert.equal(hook.state.dueAtMs, null);
  hook.receive({ kind: "resume" }, NOW_MS + HOUR_MS);
  assert.deepEqual(placeOf(hook.state), [1, 3, [], NOW_MS + HOUR_MS]);
  assert.deepEqual(hook.alerts.map(({ status, labels }) => [status, labels]), [
    ["firing", { webhook: "in" }],
    ["resolved", { webhook: "in" }],
  ]);
  hook.sent({ failure: { ...FAILURE, gone: true } });
  assert.equal(hook.state.paused, "failing");
});

Deno.test("what was under way when it was told to go on elsewhere counts no more (WH3)", () => {
  const hook = setup();
  hook.news(5);
  const { turn } = hook.state;
  hook.sent({ done: [1, 2, 3, 4, 5] });
  hook.receive({ kind: "seek", sequence: 2 });
  const before = hook.state;
  assert.deepEqual(placeOf(before), [2, 6, [], NOW_MS]);
  assert.equal(hook.sent({ turn, done: [2, 3, 4, 5] }).state, before);
  hook.receive({ kind: "seek", sequence: 99 });
  assert.deepEqual(placeOf(hook.state), [6, 6, [], null]);
});

Deno.test("beyond the bound the oldest events are given up and counted (WH4), as are expired ones", () => {
  const full = webhookState({ next: BACKLOG_MAX + 1, ahead: [2], dueAtMs: NOW_MS });
  const hook = setup(full);
  hook.news(3);
  assert.deepEqual([hook.state.cursor, hook.state.lost, hook.state.ahead], [4, 2, []]);
  hook.sent({ done: [4, 5], expired: 1 });
  assert.deepEqual([hook.state.cursor, hook.state.lost], [6, 3]);
});

Deno.test("a pause holds everything back; settings replace one another, a secret stays unless there is another", () => {
  const hook = setup();
  hook.receive({ kind: "pause" });
  hook.news(1);
  assert.equal(hook.state.dueAtMs, null);
  const { name: _, ...terms } = webhookSpec({ url: "https://example.org/" });
  const { carries } = hook.receive({ kind: "put", spec: { ...terms, secret: null } });
  assert.deepEqual(hook.state.spec, webhookSpec({ url: "https://example.org/" }));
  assert.deepEqual(JSON.parse(carries?.body ?? ""), hook.state.spec);
  hook.receive({ kind: "resume" });
  assert.equal(hook.state.dueAtMs, NOW_MS);
});

Deno.test("a deleted webhook takes nothing; another of its name goes on with its numbers", () => {
  const hook = setup();
  hook.news(2);
  hook.receive({ kind: "delete" });
  assert.deepEqual(hook.news(1).reply, { kind: "missing" });
  assert.equal(hook.state.dueAtMs, null);
  const { name: _, ...spec } = webhookSpec();
  assert.deepEqual(hook.receive({ kind: "put", spec }).reply, { kind: "done" });
  assert.deepEqual(placeOf(hook.state), [3, 3, [], null]);
});

Deno.test("a webhook reads back as it was written", () => {
  const state = webhookState({ next: 9, cursor: 3, ahead: [5], dueAtMs: 7, tries: 2, lost: 1 });
  const snapshot = { ...draftOfWebhook(state), shard: 0 as ShardId, version: 1 };
  assert.deepEqual(decodeWebhook(snapshot), state);
  assert.throws(() => decodeWebhook({ ...snapshot, head: "{}" }), { code: "corrupt" });
});
