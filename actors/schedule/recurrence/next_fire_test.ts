import assert from "node:assert/strict";
import { specOf } from "../testing/samples.ts";
import { nextFire } from "./next_fire.ts";
import type { Recurrence } from "./occurrence.ts";
import { recurrenceOf } from "./recurrence.ts";

const timezone = "Europe/Berlin";
const context = { anchorMs: 0, excluded: () => false };
const from = (text: string) => ({ timezone, afterMs: Date.parse(text) });
const iso = (recurrence: Recurrence, text: string) => {
  const next = nextFire(recurrence, from(text));
  return next && new Date(next.atMs).toISOString();
};

/** Every second in Berlin, but on `dates`. */
function everySecondBut(...dates: string[]): { recurrence: Recurrence; steps: () => number } {
  const rule = { kind: "cron", text: "* * * * * *" } as const;
  const spec = specOf({ rule, timezone, exclude: { dates, calendars: [] } });
  const inner = recurrenceOf(spec, context);
  let steps = 0;
  return {
    recurrence: { after: (afterMs) => (steps++, inner.after(afterMs)) },
    steps: () => steps,
  };
}

Deno.test("nextFire() passes excluded days at one step each", () => {
  const { recurrence, steps } = everySecondBut("2026-12-24", "2026-12-25", "2026-12-26");
  assert.equal(iso(recurrence, "2026-12-24T10:00:00Z"), "2026-12-26T23:00:00.000Z");
  assert.equal(steps(), 4);
});

Deno.test("nextFire() finds the end of a day that a clock change makes shorter or longer", () => {
  const { recurrence } = everySecondBut("2026-03-29", "2026-10-25");
  assert.equal(iso(recurrence, "2026-03-29T00:00:00Z"), "2026-03-29T22:00:00.000Z");
  assert.equal(iso(recurrence, "2026-10-25T00:00:00Z"), "2026-10-25T23:00:00.000Z");
});

Deno.test("nextFire() steps over times in a gap, and finds nothing where all are out", () => {
  const rule = { kind: "cron", text: "30 2 * * *" } as const;
  const dst = { gap: "skip", overlap: "first" } as const;
  const skipping = recurrenceOf(specOf({ rule, timezone, dst }), context);
  assert.equal(iso(skipping, "2026-03-28T12:00:00Z"), "2026-03-30T00:30:00.000Z");
  const always = recurrenceOf(specOf({ rule, timezone }), { ...context, excluded: () => true });
  assert.equal(iso(always, "2026-03-28T12:00:00Z"), null);
});
