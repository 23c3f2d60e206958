import assert from "node:assert/strict";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { BodyReader, mediaType, parseJson } from "./body.ts";
import { Deadlines } from "./deadlines.ts";
import { Problem } from "./problem.ts";

function setup(limitMs = 1_000) {
  const clock = new VirtualClock();
  return { clock, bodies: new BodyReader(new Deadlines(clock, limitMs)) };
}

function post(body: BodyInit | null, headers: Record<string, string> = {}): Request {
  return new Request("http://x/job", { method: "POST", headers, ...(body !== null && { body }) });
}

function kindOf(value: unknown): string {
  return value instanceof Problem ? value.kind : "fine";
}

Deno.test("mediaType() takes a type with its usual parameters", () => {
  const allowed = ["application/json"];
  const of = (type: string) => mediaType(new Headers({ "content-type": type }), allowed);
  for (
    const type of [
      ...["application/json", "application/json; charset=utf-8", "Application/JSON"],
      'application/json;charset="UTF-8"',
    ]
  ) assert.equal(of(type), "application/json", type);
  for (const type of ["", "text/json", "application/jsonp", "application/json; charset=latin1"]) {
    assert.equal(kindOf(of(type)), "wrong-media-type", type);
  }
});

Deno.test("BodyReader.bytes() reads bodies of declared and of unknown length", async () => {
  const { bodies } = setup();
  const bytes = new TextEncoder().encode("é1");
  assert.deepEqual(await bodies.bytes(post("é1"), 100), bytes);
  assert.deepEqual(await bodies.bytes(post("é1", { "content-length": "3" }), 100), bytes);
});

Deno.test("BodyReader.bytes() tells that a body is missing, declared as empty or not at all", async () => {
  const { bodies } = setup();
  assert.equal(kindOf(await bodies.bytes(post(null), 100)), "not-json");
  assert.equal(kindOf(await bodies.bytes(post(null, { "content-length": "0" }), 100)), "not-json");
  assert.equal(kindOf(await bodies.bytes(post(""), 100)), "not-json");
});

Deno.test("BodyReader.bytes() refuses a declared length without reading", async () => {
  const { bodies } = setup();
  let pulled = 0;
  const body = new ReadableStream({ pull: () => void pulled++ }, { highWaterMark: 0 });
  const answer = await bodies.bytes(post(body, { "content-length": "101" }), 100);
  assert.equal(kindOf(answer), "too-large");
  assert.equal(pulled, 0);
});

Deno.test("BodyReader.bytes() stops an undeclared body at the limit (Y1)", async () => {
  const { bodies } = setup();
  let pulled = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(60));
    },
    cancel: () => void (cancelled = true),
  });
  assert.equal(kindOf(await bodies.bytes(post(body), 100)), "too-large");
  assert.ok(pulled < 5);
  assert.equal(cancelled, true);
});

Deno.test("BodyReader.bytes() does not trust a declared length that is too small", async () => {
  const { bodies } = setup();
  const request = post("x".repeat(200), { "content-length": "5" });
  assert.equal(kindOf(await bodies.bytes(request, 100)), "too-large");
});

Deno.test("BodyReader.bytes() gives up on a body in time (Y2)", async () => {
  const { bodies, clock } = setup();
  const reading = bodies.bytes(post(new ReadableStream()), 100);
  clock.advance(1_000);
  assert.equal(kindOf(await reading), "too-slow");
});

Deno.test("BodyReader.bytes() tells a body that broke off (Y3)", async () => {
  const { bodies } = setup();
  const body = () => new ReadableStream({ pull: () => Promise.reject(new Error("reset")) });
  assert.equal(kindOf(await bodies.bytes(post(body()), 100)), "body-broken");
  const declared = post(body(), { "content-length": "50" });
  assert.equal(kindOf(await bodies.bytes(declared, 100)), "body-broken");
});

Deno.test("BodyReader.json() refuses what is not UTF-8, and no body", async () => {
  const { bodies } = setup();
  const kind = async (body: BodyInit | null) =>
    kindOf(await bodies.json(post(body), { bytesMax: 100 }));
  assert.equal(await kind(new Uint8Array([0xc3])), "not-json");
  assert.equal(await kind(null), "not-json");
  assert.equal(await kind("[1]"), "fine");
});

Deno.test("BodyReader.typedJson() reads what is called JSON, and no body where it is optional", async () => {
  const { bodies } = setup();
  const json = { "content-type": "application/json" };
  const read = (body: BodyInit | null, headers = {}, optional = true) =>
    bodies.typedJson(post(body, headers), { bytesMax: 100, optional });
  assert.deepEqual(await read("[1]", json), { value: [1], depth: 1 });
  assert.deepEqual(await read(null), { value: undefined });
  assert.deepEqual(await read("", json), { value: undefined });
  assert.equal(kindOf(await read(null, {}, false)), "wrong-media-type");
  assert.equal(kindOf(await read(null, json, false)), "not-json");
  assert.equal(kindOf(await read(new Uint8Array([0x7b, 0x7d]))), "wrong-media-type");
  assert.equal(kindOf(await read("a=b", { "content-type": "text/plain" })), "wrong-media-type");
  assert.equal(kindOf(await read("{", json)), "not-json");
});

Deno.test("parseJson() tells depth from syntax", () => {
  const parsed = parseJson("[[1]]", 2);
  assert.ok(!(parsed instanceof Problem));
  assert.deepEqual([parsed.value, parsed.depth], [[[1]], 2]);
  assert.equal(kindOf(parseJson("[[[1]]]", 2)), "invalid");
  assert.equal(kindOf(parseJson("[[1", 2)), "not-json");
});
