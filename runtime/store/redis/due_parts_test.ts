import assert from "node:assert/strict";
import { actorId } from "../../ids.ts";
import { byWake, type Due, dueOf, firstOf, type PartSource } from "./due_parts.ts";

function due(name: string, rank: number, wakeAtMs: number, age = 0): Due {
  return { entry: { id: actorId(name), lane: "l", rank, wakeAtMs }, age };
}

/** A source of these, in parts of at most `partMax`; and how much each part was asked for. */
function source(all: readonly Due[], asked: number[] = []): PartSource {
  let at = 0;
  return (most) => {
    asked.push(most);
    const found = all.slice(at, at + most);
    at += found.length;
    return Promise.resolve({ found, more: found.length === most });
  };
}

const names = (entries: readonly { id: string }[]) => entries.map(({ id }) => id).join(" ");

Deno.test("dueOf() reads five fields for each actor", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const entry = { id: actorId("a"), wakeAtMs: 17, lane: "job/q", rank: 3 };
  assert.deepEqual(dueOf([bytes("a"), 17, bytes("job/q"), 3, 8]), [{ entry, age: 8 }]);
  const asked = dueOf([bytes("a"), 17, bytes(""), 3, 8], "job/q");
  assert.deepEqual(asked, [{ entry, age: 8 }], "the lane that was asked for is not repeated");
});

Deno.test("byWake() puts the older of those that wake together first", () => {
  const sorted = [due("c", 1, 6), due("b", 0, 5, 2), due("a", 9, 5, 1)].sort(byWake);
  assert.equal(names(sorted.map(({ entry }) => entry)), "a b c");
});

Deno.test("firstOf() merges by rank, wake time and age, over the parts of each source", async () => {
  const one = [due("a", 9, 1), due("c", 9, 3, 4), due("f", 1, 1)];
  const other = [due("b", 9, 3, 2), due("d", 5, 0), due("e", 1, 0), due("g", 1, 2)];
  const merged = (limit: number) => {
    return firstOf([source(one), source(other)], { limit, partMax: 2 });
  };
  assert.equal(names(await merged(100)), "a b c d e f g");
  assert.equal(names(await merged(4)), "a b c d");
});

Deno.test("firstOf() asks a source again only when what it told is used up", async () => {
  const near: number[] = [];
  const far: number[] = [];
  const first = Array.from({ length: 6 }, (_, at) => due(`near-${at}`, 9, at));
  const later = Array.from({ length: 6 }, (_, at) => due(`far-${at}`, 1, at));
  await firstOf([source(first, near), source(later, far)], { limit: 5, partMax: 2 });
  assert.deepEqual([near, far], [[2, 2, 1], [2]]);
});

Deno.test("firstOf() passes over empty parts that others follow", async () => {
  const parts = [{ found: [], more: true }, { found: [due("a", 1, 1)], more: false }];
  const next = () => Promise.resolve(parts.shift() ?? { found: [], more: false });
  assert.equal(names(await firstOf([next], { limit: 3, partMax: 2 })), "a");
  assert.deepEqual(await firstOf([], { limit: 3, partMax: 2 }), []);
});
