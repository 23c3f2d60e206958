/**
 * Cron: the local times that a cron text names.
 *
 * Intuition: croner reads the text and steps from match to match; it is told that the wall clock is
 * UTC, so that it knows nothing of zones and their changes, which are ours (zoned.ts).
 *
 * Five fields (minute, hour, day of month, month, day of week) or six (seconds first), each `*`, a
 * number, a list, a range, or any of them in steps (`10-40/5`); names (`JAN`, `MON`), 0 and 7 for Sunday; `L`,
 * `LW` and `15W` for days of the month, `5L` and `5#3` for days of the week; `?` for `*`. With both
 * days given, either matches. `@hourly @daily @midnight @weekly @monthly @yearly @annually`.
 *
 * Cost: 2 to 10 µs per time for what comes daily or oftener, up to 0.1 ms for `L`, `W` and `#`; some
 * ms where nothing ever matches (`0 0 30 2 *`, by which people say never): it ends after 400 years.
 * @module
 */
import { CronDate, CronPattern } from "../../../deps.ts";
import { InvalidRuleError, type RuleTimes } from "./occurrence.ts";

/** The fields by name, with what they may hold. */
const FIELDS: readonly (readonly [name: string, holds: string])[] = [
  ["second", "0 to 59"],
  ["minute", "0 to 59"],
  ["hour", "0 to 23"],
  ["day of month", "1 to 31, L, LW or 15W"],
  ["month", "1 to 12 or JAN to DEC"],
  ["day of week", "0 to 7 or SUN to SAT, 5L or 5#3"],
];
const MACROS = "@hourly, @daily, @midnight, @weekly, @monthly, @yearly or @annually";
/** Minutes ahead of UTC of the clock that croner believes in. */
const CRONER_OFFSET = 0;

/** The local times that `text` names, whole seconds, up to the year 3000. Throws InvalidRuleError. */
export function cronTimes(text: string): RuleTimes {
  const pattern = compile(text);
  if (pattern === undefined) throw new InvalidRuleError("cron", faultOf(text));
  return {
    after(afterMs) {
      const date = new CronDate(new Date(afterMs), CRONER_OFFSET);
      return date.increment(pattern, { domAndDow: false }, false)?.getTime() ?? null;
    },
  };
}

function compile(text: string): CronPattern | undefined {
  try {
    const pattern = new CronPattern(text, undefined, { mode: "5-or-6-parts" });
    // One flag for each of 10,000 years, 80 KB: never read where the text has no field for years.
    pattern.year = [];
    return pattern;
  } catch {
    return undefined;
  }
}

/** What is wrong with `text`: the first field that croner refuses also when all others are `*`. */
function faultOf(text: string): string {
  const parts = text.match(/\S+/g) ?? [];
  if (parts[0]?.startsWith("@")) return `"${quoted(text.trim())}" is none of ${MACROS}`;
  if (parts.length !== 5 && parts.length !== 6) {
    const names = FIELDS.map(([name]) => name).join(", ");
    return `a cron text has 5 fields, or 6 with seconds (${names}); this one has ${parts.length}`;
  }
  for (const [at, part] of parts.entries()) {
    const alone = parts.map((_, other) => other === at ? part : "*").join(" ");
    const [name, holds] = FIELDS[at + FIELDS.length - parts.length] ?? ["", ""];
    if (compile(alone) === undefined) {
      return `${name} "${
        quoted(part)
      }" is none of: ${holds}, *, a list, a range, a step such as */5`;
    }
  }
  return `"${quoted(text)}" is no cron text`;
}

function quoted(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}
