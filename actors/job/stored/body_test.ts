import assert from "node:assert/strict";
import { actorId } from "../../../runtime/ids.ts";
import { NOW_MS, specOf } from "../testing/samples.ts";
import { RETENTION_DEFAULT, RETRY_DEFAULT } from "../spec.ts";
import { decodeBody, encodeBody } from "./body.ts";

/** As with heads: a change of one of these texts is a change of the stored format. */
const FORMS = [
  [specOf(), '[4,null,{"n":"noop"}]'],
  [specOf({ payload: '{"a":[1]}' }), '[9,{"a":[1]},{"n":"noop"}]'],
  [specOf({ queue: "mail", priority: 9 }), '[4,null,{"n":"noop","q":"mail","p":9}]'],
  [specOf({ runAtMs: NOW_MS + 5 }), '[4,null,{"n":"noop","r":5}]'],
  [specOf({ runAtMs: NOW_MS - 5, timeoutMs: 30 }), '[4,null,{"n":"noop","r":-5,"t":30}]'],
  [
    specOf({ sla: { startWithinMs: 0, finishWithinMs: 9 }, delivery: "at-most-once" }),
    '[4,null,{"n":"noop","s":0,"z":9,"o":1}]',
  ],
  [
    specOf({ retry: { ...RETRY_DEFAULT, attempts: 1, backoff: "fixed", notOn: ["Odd"] } }),
    '[4,null,{"n":"noop","y":{"a":1,"x":1,"n":["Odd"]}}]',
  ],
  [
    specOf({
      retry: { ...RETRY_DEFAULT, baseMs: 0, factor: 3, maxMs: 7, jitter: 0, on: ["Net"] },
    }),
    '[4,null,{"n":"noop","y":{"b":0,"f":3,"m":7,"j":0,"o":["Net"]}}]',
  ],
  [
    specOf({ tags: ["eu"], retention: { completedMs: 0, failedMs: 9 }, concurrencyKey: "t-9" }),
    '[4,null,{"n":"noop","g":["eu"],"k":[0,9],"c":"t-9"}]',
  ],
  [
    specOf({ traceId: "4bf9", fingerprint: "e3b0", scheduleId: "nightly" }),
    '[4,null,{"n":"noop","x":"4bf9","f":"e3b0","e":"nightly"}]',
  ],
  [
    specOf({ sla: { startWithinMs: null, finishWithinMs: null, succeedWithinMs: 7 } }),
    '[4,null,{"n":"noop","v":7}]',
  ],
  [
    specOf({ nominalAtMs: NOW_MS - 7, observer: actorId("nightly@schedule") }),
    '[4,null,{"n":"noop","d":7,"w":"nightly@schedule"}]',
  ],
  [
    specOf({ flowId: "order-7", parents: '{"charge":{"state":"completed"}}' }),
    '[4,null,{"n":"noop","l":"order-7","a":"{\\"charge\\":{\\"state\\":\\"completed\\"}}"}]',
  ],
  [
    specOf({ traceId: "4bf9", parentSpanId: "00f0" }),
    '[4,null,{"n":"noop","x":"4bf9","i":"00f0"}]',
  ],
] as const;

Deno.test("encodeBody() writes every option in the form that stores hold", () => {
  for (const [spec, text] of FORMS) assert.equal(encodeBody(spec, NOW_MS), text);
});

Deno.test("decodeBody() reads every form that stores hold (C1)", () => {
  for (const [spec, text] of FORMS) assert.deepEqual(decodeBody(text, NOW_MS), spec);
});

Deno.test("encodeBody() leaves out defaults that are equal without being the same object", () => {
  const spec = specOf({ retry: { ...RETRY_DEFAULT }, retention: { ...RETENTION_DEFAULT } });
  assert.equal(encodeBody(spec, NOW_MS), '[4,null,{"n":"noop"}]');
});

Deno.test("encodeBody() counts the payload in the units that decodeBody() cuts by", () => {
  const payload = '{"owl":"🦉","ü":"é"}';
  assert.equal(decodeBody(encodeBody(specOf({ payload }), NOW_MS), NOW_MS).payload, payload);
});
