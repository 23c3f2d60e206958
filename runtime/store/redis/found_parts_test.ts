import assert from "node:assert/strict";
import fc from "fast-check";
import type { Snapshot } from "../../snapshot.ts";
import { type FoundPart, pageOf, serialBehind } from "./found_parts.ts";

const snapshot = (name: string) => ({ id: name }) as unknown as Snapshot;

type Order = "newest" | "oldest";

/** What a group answers that has these serials, and looks at `visits` of them at most. */
function look(
  serials: readonly number[],
  { group, order, limit, after, visits }: {
    group: number;
    order: Order;
    limit: number;
    after: number;
    visits: number;
  },
): FoundPart {
  const ordered = [...serials].sort((one, other) => order === "newest" ? other - one : one - other)
    .filter((serial) => after < 0 || (order === "newest" ? serial < after : serial > after));
  const seen = ordered.slice(0, Math.min(limit, visits));
  const found = seen.map((serial) => ({ serial, snapshot: snapshot(`${serial}.${group}`) }));
  return { found, reached: seen.length === ordered.length ? -1 : seen.at(-1) ?? -1 };
}

Deno.test("pageOf() and serialBehind() walk through all groups, whatever is in them", () => {
  const serials = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { maxLength: 12 });
  fc.assert(fc.property(
    fc.array(serials, { minLength: 1, maxLength: 4 }),
    fc.constantFrom<Order>("newest", "oldest"),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    (groups, order, limit, visits) => {
      const walked: unknown[] = [];
      for (let place: number | null = -1; place !== null;) {
        const parts = groups.map((all, group) => {
          const at = { group, groups: groups.length, order };
          const after = place === -1 ? -1 : serialBehind(place as number, at);
          return look(all, { group, order, limit, after, visits });
        });
        const page = pageOf(parts, { order, limit });
        assert.ok(page.snapshots.length <= limit);
        walked.push(...page.snapshots.map(({ id }) => id));
        assert.notEqual(page.reached, place, "no page stands still");
        place = page.reached;
      }
      const all = groups.flatMap((some, group) => some.map((serial) => [serial, group] as const))
        .sort(([one, a], [other, b]) => one - other || a - b)
        .map(([serial, group]) => `${serial}.${group}`);
      assert.deepEqual(walked, order === "newest" ? all.reverse() : all);
    },
  ));
});
