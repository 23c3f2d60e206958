/**
 * What every store does with journals.
 * @module
 */
import assert from "node:assert/strict";
import { actorId } from "../../ids.ts";
import { JOURNAL_LINES_MAX } from "../../limits.ts";
import type { Check } from "../contract.ts";
import type { Store } from "../port.ts";
import { append, insert, own } from "./fixtures.ts";

async function texts(store: Store, id: string, given: { stream?: string; after?: number } = {}) {
  const { stream = "log", after = 0 } = given;
  const query = { id: actorId(id), stream, after, limit: JOURNAL_LINES_MAX };
  return (await store.journal(query)).map(({ n, text }) => `${n} ${text}`);
}

/** Registers the tests. */
export function journalContract(check: Check): void {
  check("journal() reads lines in order, numbered from 1, per actor and stream", async (store) => {
    await own(store);
    await store.apply([
      insert("a"),
      insert("b"),
      append("a", ["one", "two"]),
      append("b", ["other"]),
      append("a", ["step"], { stream: "step" }),
      append("a", ["three"]),
    ]);
    assert.deepEqual(await texts(store, "a"), ["1 one", "2 two", "3 three"]);
    assert.deepEqual(await texts(store, "a", { stream: "step" }), ["1 step"]);
    assert.deepEqual(await texts(store, "b"), ["1 other"]);
    assert.deepEqual(await texts(store, "nobody"), []);
  });

  check("journal() starts after a line and stops at its limit (S7)", async (store) => {
    await own(store);
    await store.apply([insert("a"), append("a", ["1", "2", "3", "4", "5"])]);
    const query = { id: actorId("a"), stream: "log", after: 2, limit: 2 };
    assert.deepEqual(await store.journal(query), [{ n: 3, text: "3" }, { n: 4, text: "4" }]);
    assert.deepEqual(await store.journal({ ...query, after: 5 }), []);
  });

  check("journal() keeps the newest lines and never reuses a number", async (store) => {
    await own(store);
    const lines = Array.from({ length: JOURNAL_LINES_MAX }, (_, at) => `line ${at + 1}`);
    await store.apply([insert("a"), append("a", lines), append("a", ["next", "last"])]);
    const kept = await texts(store, "a");
    assert.equal(kept.length, JOURNAL_LINES_MAX);
    assert.equal(kept[0], "3 line 3");
    assert.equal(kept.at(-1), `${JOURNAL_LINES_MAX + 2} last`);
  });

  check("journal() gives back any text", async (store) => {
    await own(store);
    const lines = ["", "NUL \0 in it", "ünïcödé 🚀", "two\nlines", "x".repeat(100_000)];
    await store.apply([insert("a"), append("a", lines)]);
    assert.deepEqual(await texts(store, "a"), lines.map((line, at) => `${at + 1} ${line}`));
  });
}
