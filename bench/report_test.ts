import assert from "node:assert/strict";
import type { Contest } from "./contests.ts";
import { rowsOf } from "./report.ts";

const contest = (target: Contest["figures"][number]["target"]): Contest => ({
  name: "bulk",
  mode: { kind: "http", connections: 1, headers: {} },
  figures: [{ key: "rate", title: "bulk, jobs/s", ...(target === undefined ? {} : { target }) }],
});
/** Five runs, the fewest that decide anything: the last value stands for those that are missing. */
const runs = (...values: number[]) =>
  Array.from({ length: 5 }, (_, at) => ({ rate: values[at] ?? values.at(-1) ?? NaN }));

Deno.test("rowsOf() shows both sides, the pairwise ratios and what they decide", () => {
  const given = {
    contest: contest({ of: "ratio", least: 1.5 }),
    ours: runs(40_000, 30_000, 36_000),
  };
  assert.deepEqual(rowsOf({ ...given, theirs: runs(20_000, 15_000, 20_000) }), [
    "| bulk, jobs/s | 36.0k (30.0k–40.0k) | 20.0k (15.0k–20.0k) | 1.80 (1.80–2) | ≥ 1.5× | reached |",
  ]);
  assert.match(
    rowsOf({ ...given, theirs: runs(20_000, 15_000, 30_000) })[0] ?? "",
    /undecided \|$/,
  );
  assert.match(rowsOf({ ...given, theirs: runs(40_000, 30_000, 30_000) })[0] ?? "", /missed \|$/);
});

Deno.test("rowsOf() judges our own figures against a bound", () => {
  const given = { contest: contest({ of: "value", most: 15 }), theirs: runs(99) };
  assert.match(rowsOf({ ...given, ours: runs(3.14) })[0] ?? "", /\| 3\.14 .* ≤ 15 \| reached \|$/);
  assert.match(rowsOf({ ...given, ours: runs(3, 16) })[0] ?? "", /undecided \|$/);
});

Deno.test("rowsOf() decides nothing on fewer than five pairs", () => {
  const given = { contest: contest({ of: "ratio", least: 1 }), theirs: runs(10).slice(1) };
  assert.match(rowsOf({ ...given, ours: runs(99).slice(1) })[0] ?? "", /undecided \|$/);
});

Deno.test("rowsOf() decides nothing when a side did not run", () => {
  const given = { contest: contest({ of: "ratio", least: 1 }), ours: [], theirs: runs(1_234) };
  assert.deepEqual(rowsOf(given), ["| bulk, jobs/s | – | 1234 (1234–1234) | – | ≥ 1× |  |"]);
});
