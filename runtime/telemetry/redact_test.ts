import assert from "node:assert/strict";
import { redact, REDACTED, redactText } from "./redact.ts";

Deno.test("redact() hides whatever is named like a secret, at any depth", () => {
  const names = [
    "password",
    "dbPassword",
    "pass",
    "clientSecret",
    "token",
    "attemptToken",
    "Authorization",
    "set-cookie",
    "apiKey",
    "api_key",
    "X-API-Key",
    "privateKey",
    "credentials",
  ];
  for (const name of names) {
    assert.deepEqual(
      redact({ a: [{ [name]: { value: 1 } }] }),
      { a: [{ [name]: REDACTED }] },
      name,
    );
  }
});

Deno.test("redact() leaves names alone that only look similar", () => {
  const fields = { passed: 3, compass: "N", jobId: "x", key: "k", passivated: true };
  assert.deepEqual(redact(fields), fields);
});

Deno.test("redact() takes the password out of URLs, wherever they are", () => {
  assert.deepEqual(redact({ url: "cannot reach rediss://me:s3cr:et@db:6379/0 or http://a:b@c" }), {
    url: `cannot reach rediss://me:${REDACTED}@db:6379/0 or http://a:${REDACTED}@c`,
  });
  assert.deepEqual(redact({ url: "http://127.0.0.1:8080/a@b" }), {
    url: "http://127.0.0.1:8080/a@b",
  });
});

Deno.test("redact() takes the whole of a password that was not escaped", () => {
  assert.equal(redactText("redis://me:p@ss:w@rd@db:6379/0"), `redis://me:${REDACTED}@db:6379/0`);
  assert.equal(redactText("redis://:p@ss@db"), `redis://:${REDACTED}@db`);
});

Deno.test("redact() takes from texts what authorizes, however it is written", () => {
  for (
    const [text, left] of [
      ["Authorization: Bearer abc.def-123", `Authorization: Bearer ${REDACTED}`],
      ["authorization=Basic dXNlcjpwYXNz", `authorization=Basic ${REDACTED}`],
      ['{"authorization":"ork-123456"}', `{"authorization":"${REDACTED}"}`],
      ["bearer abcdef123", `bearer ${REDACTED}`],
      [
        "GET https://x/hook?id=7&access_token=abc&b=1",
        `GET https://x/hook?id=7&access_token=${REDACTED}&b=1`,
      ],
      ["https://x/?api_key=abc#top", `https://x/?api_key=${REDACTED}#top`],
    ] as const
  ) assert.equal(redactText(text), left);
  for (const text of ["a bearer of news", "basic validation", "the token=1 of a lease", "?a=b"]) {
    assert.equal(redactText(text), text);
  }
});

Deno.test("redact() leaves the command out that a Redis client's error brings along", () => {
  const error = Object.assign(new Error("WRONGPASS"), {
    command: { name: "auth", args: ["me", "hunter2"] },
  });
  assert.equal(JSON.stringify(redact({ error })).includes("hunter2"), false);
});

Deno.test("redact() writes errors with their causes, and what JSON can't say", () => {
  const cause = new TypeError("inner");
  const error = Object.assign(new Error("outer", { cause }), { code: "full", token: "t" });
  const found = redact({ error })["error"] as Record<string, unknown>;
  assert.equal(found["message"], "outer");
  assert.equal(found["code"], "full");
  assert.equal(found["token"], REDACTED);
  assert.equal((found["cause"] as Record<string, unknown>)["name"], "TypeError");
  assert.deepEqual(
    redact({ a: 1n, b: NaN, c: new Date(0), d: new Map(), e: () => 1, f: new Date(NaN), g: null }),
    {
      a: "1",
      b: "NaN",
      c: "1970-01-01T00:00:00.000Z",
      d: "[Map]",
      e: "[function]",
      f: "[no date]",
      g: null,
    },
  );
});

Deno.test("redact() is bounded in depth, entries and characters, and breaks cycles (R2)", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  assert.deepEqual(redact({ cycle }), { cycle: { self: "[circular]" } });
  let deep: unknown = 1;
  for (let level = 0; level < 100; level++) deep = { deep };
  assert.ok(JSON.stringify(redact({ deep })).length < 100);
  assert.equal((redact({ text: "x".repeat(10_000) })["text"] as string).length, 4_097);
  const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
  assert.equal(Object.keys(redact(wide)).length, 51);
});

Deno.test("redact() survives what throws when it is looked at (R1)", () => {
  const hostile = new Proxy({}, {
    ownKeys() {
      throw new Error("no");
    },
  });
  const getter = Object.defineProperty({}, "a", {
    enumerable: true,
    get() {
      throw new Error("no");
    },
  });
  assert.deepEqual(redact({ hostile, getter }), { hostile: {}, getter: { a: "[unreadable]" } });
});
