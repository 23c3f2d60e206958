import assert from "node:assert/strict";
import { OtlpCollector, type ReceivedSpan } from "./support/otlp_collector.ts";
import { Workspace } from "./support/workspace.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN = "b7ad6b7169203331";
/** The kinds of span and the status of an error, as the protocol numbers them. */
const [SERVER, PRODUCER, CONSUMER, ERROR] = [2, 4, 5, 2];

const numberOf = ({ attributes }: ReceivedSpan) => Number(attributes["orrery.job.attempt"]);

Deno.test("a job is one trace from its request to its last attempt, the failed one an error", async () => {
  await using collector = OtlpCollector.start();
  await using workspace = await Workspace.create({ handlers: ["flaky"] });
  const node = await workspace.start({ args: ["--id", "a"], env: collector.env("a") });
  const response = await fetch(`${node.url}/job`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      traceparent: `00-${TRACE}-${CLIENT_SPAN}-01`,
    },
    body: JSON.stringify({
      name: "flaky",
      payload: { plan: [{ name: "RangeError", message: "too early" }] },
      retry: { attempts: 2, base: 10 },
    }),
  });
  const job = await response.json();
  assert.equal(job.traceId, TRACE);
  const spans = await collector.until(4, ({ traceId }) => traceId === TRACE);
  const one = (kind: number) => spans.find((span) => span.kind === kind) as ReceivedSpan;
  assert.equal(one(SERVER).parentId, CLIENT_SPAN);
  assert.equal(one(PRODUCER).name, "orrery.job submit");
  assert.equal(one(PRODUCER).parentId, one(SERVER).spanId);
  const attempts = spans.filter(({ kind }) => kind === CONSUMER);
  attempts.sort((a, b) => numberOf(a) - numberOf(b));
  assert.deepEqual(
    attempts.map(({ parentId, resource, status, attributes }) => [
      parentId,
      resource["service.instance.id"],
      attributes["messaging.message.id"],
      attributes["orrery.job.attempt"],
      status,
    ]),
    [
      [one(PRODUCER).spanId, "a", job.id, 1, { code: ERROR, message: "too early" }],
      [one(PRODUCER).spanId, "a", job.id, 2, { code: 0, message: "" }],
    ],
  );
  assert.equal(attempts[0]?.attributes["error.type"], "RangeError");
});

Deno.test("a job of a request that is not sampled makes no spans and keeps its trace id", async () => {
  await using collector = OtlpCollector.start();
  await using workspace = await Workspace.create();
  const node = await workspace.start({ args: ["--id", "a"], env: collector.env("a") });
  const submit = async (flags: string, trace: string): Promise<string | null> => {
    const response = await fetch(`${node.url}/job`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        traceparent: `00-${trace}-${CLIENT_SPAN}-${flags}`,
      },
      body: '{"name":"noop"}',
    });
    return (await response.json()).traceId;
  };
  const unseen = TRACE.replace("0af", "1af");
  assert.equal(await submit("00", unseen), unseen);
  await submit("01", TRACE);
  await collector.until(3, ({ traceId }) => traceId === TRACE);
  assert.deepEqual(collector.spans.filter(({ traceId }) => traceId === unseen), []);
});
