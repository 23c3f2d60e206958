/**
 * Submission: the job that operands and options ask for, for `submit` and for schedules.
 * @module
 */
import { given, givenAny, readJson, readNumber, type ReadText, type Values } from "../command.ts";
import type { OptionName } from "../options.ts";

/** The options that say how a job is to be run. */
export const JOB_OPTIONS = [
  ...["id", "queue", "priority", "timeout", "attempts", "tag", "concurrency-key"],
  ...["start-within", "finish-within", "delivery"],
] as const satisfies readonly OptionName[];

/** What a submission is made of. */
export interface Submitted {
  readonly name: string;
  readonly payload: string | undefined;
  readonly values: Values;
  readonly readText: ReadText;
}

/** The body of a submission; the API validates it. Throws when a number or the payload cannot be read. */
export function submission(
  { name, payload, values, readText }: Submitted,
): Record<string, unknown> {
  const { id, queue, priority, delay, timeout, attempts, tag, delivery } = values;
  return given({
    name,
    payload: payload === undefined ? undefined : readJson("PAYLOAD", payload, readText),
    ...{ id, queue, delay, timeout, delivery },
    priority: priority === undefined ? undefined : readNumber("priority", priority),
    runAt: values["run-at"],
    retry: attempts === undefined ? undefined : { attempts: readNumber("attempts", attempts) },
    tags: tag,
    concurrencyKey: values["concurrency-key"],
    sla: givenAny({
      startWithin: values["start-within"],
      finishWithin: values["finish-within"],
    }),
    ...sharedKey(values),
  });
}

/** The key that the job shares, and its rule. */
function sharedKey(values: Values): Record<string, unknown> {
  const { unique, window, debounce, wait, throttle, every } = values;
  const onConflict = values["on-conflict"];
  const maxWait = values["max-wait"];
  return {
    ...(unique !== undefined && { unique: given({ key: unique, window, onConflict }) }),
    ...(debounce !== undefined && { debounce: given({ key: debounce, wait, maxWait }) }),
    ...(throttle !== undefined && { throttle: given({ key: throttle, every }) }),
  };
}
