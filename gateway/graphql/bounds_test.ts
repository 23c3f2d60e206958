import assert from "node:assert/strict";
import { whyTooMuch } from "./bounds.ts";
import { parse } from "./deps.ts";

const why = (query: string): string | undefined => whyTooMuch(parse(query))?.message;

Deno.test("whyTooMuch() lets pass what people ask", () => {
  assert.equal(why("{ job(id: 1) { id state logs { lines { text } } } }"), undefined);
  assert.equal(
    why("{ jobs(limit: 500) { nodes { id name state queue runAt } cursor } }"),
    undefined,
  );
  assert.equal(
    why("query($n: Int) { schedules(limit: 10) { nodes { next(count: $n) { at } } } }"),
    undefined,
  );
  assert.equal(why("{ __schema { types { name fields { name type { name } } } } }"), undefined);
});

Deno.test("whyTooMuch() counts lists as often as they may hold", () => {
  assert.match(why("{ jobs(limit: 500) { nodes { logs { next } } } }") ?? "", /the cost/);
  assert.equal(why("{ jobs(limit: 100) { nodes { logs { next } } } }"), undefined);
  assert.match(
    why("query($n: Int) { jobs(limit: $n) { nodes { logs { next } } } }") ?? "",
    /the cost/,
  );
  assert.match(
    why("{ schedules { nodes { jobs { nodes { id logs { next } } } } } }") ?? "",
    /the cost/,
  );
});

Deno.test("whyTooMuch() refuses depth, aliases, many roots and many operations", () => {
  const deep = (depth: number) => `${"{ flow(id: 1) ".repeat(depth)}{ id }${" }".repeat(depth)}`;
  assert.equal(why(deep(9)), undefined);
  assert.match(why(deep(10)) ?? "", /levels of fields: 11, at most 10/);
  const aliased = (count: number) =>
    Array.from({ length: count }, (_, at) => `a${at}: id`).join(" ");
  assert.match(why(`{ job(id: 1) { ${aliased(31)} } }`) ?? "", /aliases: 31, at most 30/);
  const roots = Array.from({ length: 21 }, () => "handlers { name }").join(" ");
  assert.match(why(`{ ${roots} }`) ?? "", /fields at the root: 21/);
  const operations = Array.from({ length: 11 }, (_, at) => `query q${at} { counts { total } }`);
  assert.match(why(operations.join(" ")) ?? "", /operations: 11/);
});

Deno.test("whyTooMuch() counts fragments where they are spread, and reads each once", () => {
  const doubling = Array.from(
    { length: 40 },
    (_, at) => `fragment f${at} on Job { ${at === 0 ? "id" : `...f${at - 1} ...f${at - 1}`} }`,
  );
  assert.match(why(`{ job(id: 1) { ...f39 } } ${doubling.join(" ")}`) ?? "", /the cost/);
  const hidden = Array.from({ length: 31 }, (_, at) => `a${at}: id`).join(" ");
  assert.match(
    why(`{ job(id: 1) { ...f } } fragment f on Job { ${hidden} }`) ?? "",
    /aliases/,
  );
  assert.match(
    why(`{ ...f } fragment f on Query { ${"handlers { name } ".repeat(21)} }`) ?? "",
    /the root/,
  );
});

Deno.test("whyTooMuch() ends on rings and on fragments that are missing", () => {
  assert.equal(
    why("{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }"),
    undefined,
  );
  assert.equal(why("{ ...none }"), undefined);
});
