import assert from "node:assert/strict";
import { SESSION_MARGIN_MS, SESSION_TTL_MS } from "../limits.ts";
import { Trust } from "./trust.ts";

const SPAN_MS = SESSION_TTL_MS - SESSION_MARGIN_MS;

Deno.test("holds() is false before the first renewal", () => {
  assert.equal(new Trust().holds(0), false);
});

Deno.test("holds() ends a margin before the store's patience, counted from the renewal's beginning (T1)", () => {
  const trust = new Trust();
  trust.renewed(1_000);
  assert.equal(trust.holds(1_000 + SPAN_MS - 1), true);
  assert.equal(trust.holds(1_000 + SPAN_MS), false);
});

Deno.test("renewed() never shortens trust when answers overtake each other", () => {
  const trust = new Trust();
  trust.renewed(2_000);
  trust.renewed(1_000);
  assert.equal(trust.holds(2_000 + SPAN_MS - 1), true);
});

Deno.test("lost() ends trust at once, and a later renewal brings it back", () => {
  const trust = new Trust();
  trust.renewed(1_000);
  trust.lost();
  assert.equal(trust.holds(1_001), false);
  trust.renewed(1_500);
  assert.equal(trust.holds(1_501), true);
});
