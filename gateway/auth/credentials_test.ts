import assert from "node:assert/strict";
import fc from "fast-check";
import { readCredentials, TOKEN_CHARS_MAX } from "./credentials.ts";

const read = (headers: Record<string, string>) => readCredentials(new Headers(headers));

Deno.test("readCredentials() takes one Bearer token or one X-API-Key", () => {
  assert.deepEqual(read({}), { kind: "none" });
  const token = "orrery_aB3-_.~+/x==";
  for (const scheme of ["Bearer", "bearer", "BEARER"]) {
    assert.deepEqual(read({ authorization: `${scheme} ${token}` }), {
      ...{ kind: "token", token, bearer: true },
    });
  }
  assert.deepEqual(read({ "x-api-key": token }), { kind: "token", token, bearer: false });
});

Deno.test("readCredentials() refuses everything else, without repeating it (H1)", () => {
  const SECRET = "hunter2";
  const forms: Record<string, string>[] = [
    ...[
      "",
      "Bearer",
      "Bearer ",
      SECRET,
      `Basic ${SECRET}`,
      `Bearer  ${SECRET}`,
      `Bearer\t${SECRET}`,
    ]
      .map((authorization) => ({ authorization })),
    ...[
      `Bearer ${SECRET} x`,
      `Bearer ${SECRET}, Bearer y`,
      `Bearer "${SECRET}"`,
      `Bearer: ${SECRET}`,
    ]
      .map((authorization) => ({ authorization })),
    ...[`Bearer ${SECRET};x`, `Token ${SECRET}`, `Bearer ${SECRET}===`, `Bearer ${SECRET}=x`]
      .map((authorization) => ({ authorization })),
    ...["", `${SECRET}, b`, `${SECRET} b`, `"${SECRET}"`, `Bearer ${SECRET}`, `${SECRET}\u00ff`]
      .map((key) => ({ "x-api-key": key })),
    { "authorization": `Bearer ${SECRET}`, "x-api-key": SECRET },
    { "authorization": "", "x-api-key": SECRET },
    { authorization: `Bearer ${"a".repeat(TOKEN_CHARS_MAX)}` },
  ];
  for (const headers of forms) {
    const found = read(headers);
    assert.equal(found.kind, "malformed", JSON.stringify(headers).slice(0, 100));
    assert.ok(!JSON.stringify(found).includes(SECRET));
  }
});

Deno.test("readCredentials() never throws, and never makes two tokens of one header or one of two", () => {
  const text = fc.string({ unit: "binary-ascii", maxLength: 60 }).filter((one) =>
    !/[\0\r\n]/.test(one)
  );
  fc.assert(fc.property(text, text, (one, other) => {
    const headers = new Headers({ "x-api-key": one });
    headers.append("x-api-key", other);
    assert.equal(readCredentials(headers).kind, "malformed");
    const found = readCredentials(new Headers({ authorization: one }));
    if (found.kind === "token") assert.equal(one.trim().slice(7), found.token);
  }));
});
