/**
 * GateRequest: what a submission may say of the key that it shares with others (actors/unique/gate.ts).
 * @module
 */
import type { Gate } from "../../actors/unique/gate.ts";
import { z } from "../../deps.ts";
import { SHARED_KEY_CHARS_MAX } from "../limits.ts";
import { duration } from "../schemas/fields.ts";

const KEY_RULE = `must be text of 1 to ${SHARED_KEY_CHARS_MAX} characters`;
const key = z.string(KEY_RULE).min(1, KEY_RULE).max(SHARED_KEY_CHARS_MAX, KEY_RULE)
  .meta({ examples: ["invoice-7"] });

const CONFLICT_RULE = "must be reject, keep or replace";

/** The fields of a job request; at most one of them is given. */
export const gateShape = {
  unique: z.strictObject({
    key,
    window: duration({ minMs: 1 }).optional().meta({
      description: "From a job's acceptance on no other one of the key, though it be completed.",
    }),
    onConflict: z.enum(["reject", "keep", "replace"], CONFLICT_RULE).optional()
      .meta({ default: "reject" }),
  }).optional().meta({ description: "While a job of the key is not over, there is no other." }),
  debounce: z.strictObject({
    key,
    wait: duration({ minMs: 1 }),
    maxWait: duration({ minMs: 1 }).optional()
      .meta({ description: "From the first submission on, however many follow." }),
  }).optional().meta({ description: "Of the submissions of the key, the last runs after `wait`." }),
  throttle: z.strictObject({ key, every: duration({ minMs: 1 }) }).optional()
    .meta({ description: "One run per period: the first at once, the last at its end." }),
};

/** What they are once they are validated: durations are ms. */
export type GateRequest = z.output<z.ZodObject<typeof gateShape>>;

/** The rest of a request, as far as it matters here. */
interface Beside {
  readonly id?: unknown;
  readonly runAt?: unknown;
  readonly delay?: unknown;
  readonly schedule?: unknown;
}

/** Says what no single field shows: what excludes what. */
export function checkGate(
  request: GateRequest & Beside,
  refuse: (path: string, message: string) => void,
): void {
  const [first, second] = (["unique", "debounce", "throttle"] as const)
    .filter((mode) => request[mode] !== undefined);
  if (first === undefined) return;
  const exclude = (path: keyof Beside) => {
    if (request[path] !== undefined) refuse(path, `${first} and ${path} exclude each other`);
  };
  if (second !== undefined) refuse(second, `${first} and ${second} exclude each other`);
  exclude("id");
  exclude("schedule");
  if (first !== "unique") {
    exclude("runAt");
    exclude("delay");
  }
  const { wait = 0, maxWait = wait } = request.debounce ?? {};
  if (maxWait < wait) refuse("debounce", "maxWait must not be shorter than wait");
}

/** The gate that a validated request asks for; null: none. */
export function gateOf({ unique, debounce, throttle }: GateRequest): Gate | null {
  if (unique !== undefined) {
    const { key, window: windowMs = null, onConflict = "reject" } = unique;
    return { mode: "unique", key, windowMs, onConflict };
  }
  if (debounce !== undefined) {
    const { key, wait, maxWait } = debounce;
    return { mode: "debounce", key, waitMs: wait, maxWaitMs: maxWait ?? null };
  }
  if (throttle === undefined) return null;
  return { mode: "throttle", key: throttle.key, everyMs: throttle.every };
}
