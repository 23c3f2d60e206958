import assert from "node:assert/strict";
import { postRequest, readResponse } from "./http_wire.ts";

Deno.test("postRequest() sends the headers that it is given", () => {
  const target = { host: "h:1", path: "/job", body: "1", headers: { prefer: "return=minimal" } };
  assert.match(new TextDecoder().decode(postRequest(target)), /\r\nprefer: return=minimal\r\n/);
});

Deno.test("postRequest() counts bytes, not characters", () => {
  const text = new TextDecoder().decode(
    postRequest({ host: "h:1", path: "/job", body: '"grüße"' }),
  );
  assert.ok(text.startsWith("POST /job HTTP/1.1\r\nHost: h:1\r\n"));
  assert.match(text, /Content-Length: 9\r\n\r\n"grüße"$/);
});

Deno.test("readResponse() waits for the whole body and leaves what follows", () => {
  const whole = "HTTP/1.1 202 Accepted\r\nContent-Length: 4\r\n\r\nbody";
  for (let cut = 0; cut < whole.length; cut++) {
    assert.equal(readResponse(whole.slice(0, cut)), undefined, `${cut}`);
  }
  assert.deepEqual(readResponse(`${whole}HTTP/1.1 500`), { status: 202, length: whole.length });
});

Deno.test("readResponse() follows chunks to the last", () => {
  const whole =
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nab\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n";
  assert.deepEqual(readResponse(`${whole}x`), { status: 200, length: whole.length });
  assert.equal(readResponse(whole.slice(0, -1)), undefined);
});

Deno.test("readResponse() throws on what it can't follow", () => {
  assert.throws(() => readResponse("HELLO\r\n\r\n"), /not HTTP/);
  assert.throws(
    () => readResponse("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n"),
    /without a length/,
  );
  assert.throws(
    () => readResponse("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"),
    /without a size/,
  );
});
