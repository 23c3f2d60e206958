/**
 * Simple: the built-in handlers for trying things out: `noop`, `echo`, `sleep`, `fail`.
 * @module
 */
import { parseDuration } from "../../../runtime/duration.ts";
import type { InlineRun } from "../inline.ts";
import { invalid, record } from "./payload.ts";

/** Longest `sleep`: a day; longer waits are what `runAt` is for. */
const SLEEP_MS_MAX = 86_400_000;

/** Does nothing. */
export const noop: InlineRun = () => null;

/** Returns its payload. */
export const echo: InlineRun = (_ctx, payload) => payload;

/** `{ms}` (a number or a duration): waits that long, or until it is told to stop. */
export const sleep: InlineRun = (ctx, payload) => {
  const ms = parseDuration(record("sleep", payload).ms);
  if (ms === undefined || ms > SLEEP_MS_MAX) {
    throw invalid("sleep: `ms` must be a duration of at most a day");
  }
  const { signal } = ctx;
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve({ sleptMs: ms });
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
};

/** `{message?, times?}`: fails the first `times` attempts, or every one. */
export const fail: InlineRun = (ctx, payload) => {
  const { message, times } = payload === null ? {} : record("fail", payload);
  if (message !== undefined && typeof message !== "string") {
    throw invalid("fail: `message` must be text");
  }
  if (times !== undefined && (!Number.isInteger(times) || (times as number) < 0)) {
    throw invalid("fail: `times` must be a whole number");
  }
  if (times !== undefined && ctx.attempt > (times as number)) return { attempts: ctx.attempt };
  const error = new Error(message ?? "failed as asked");
  error.name = "FailError";
  throw error;
};
