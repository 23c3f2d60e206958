/**
 * Queue command: `cli queue NAME` shows a queue; with options it sets what they name.
 * @module
 */
import { type Answer, type Command, readNumber, type Values } from "./command.ts";

/** How it is used. */
export const QUEUE_USAGE = `  queue NAME              show a queue, or set what the options name
      --pause --resume --concurrency N --rate N/minute --key-concurrency N --key-rate N/minute
      (none in place of N or N/minute takes a limit away)
`;

/** The command. */
export const QUEUE_COMMAND: Command = {
  operands: [1, 1],
  options: ["pause", "resume", "concurrency", "rate", "key-concurrency", "key-rate"],
  request: ([name = ""], values) => {
    const settings = settingsOf(values);
    const path = `/queue/${encodeURIComponent(name)}`;
    if (Object.keys(settings).length === 0) return { path, show: queueText };
    return {
      method: "PUT",
      path,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(settings),
      show: queueText,
    };
  },
};

/** The body of the request. Throws when an option cannot be read. */
function settingsOf(values: Values): Record<string, unknown> {
  if (values.pause === true && values.resume === true) {
    throw new Error("--pause and --resume exclude each other");
  }
  const perKey = limitsOf(values["key-concurrency"], values["key-rate"], "key-");
  return {
    ...(values.pause === true && { paused: true }),
    ...(values.resume === true && { paused: false }),
    ...limitsOf(values.concurrency, values.rate, ""),
    ...(Object.keys(perKey).length > 0 && { perKey }),
  };
}

function limitsOf(
  concurrency: string | undefined,
  rate: string | undefined,
  prefix: string,
): Record<string, unknown> {
  const option = `${prefix}concurrency`;
  return {
    ...(concurrency !== undefined &&
      { concurrency: concurrency === "none" ? null : readNumber(option, concurrency) }),
    ...(rate !== undefined && { rate: rate === "none" ? null : readRate(`${prefix}rate`, rate) }),
  };
}

function readRate(option: string, text: string): { limit: number; per: string } {
  const [limit = "", per, more] = text.split("/");
  if (per === undefined || more !== undefined) throw new Error(`--${option} takes N/minute`);
  return { limit: readNumber(option, limit), per };
}

function queueText(answer: Answer): string {
  const { name, paused, concurrency, rate, perKey, inUse } = answer as unknown as QueueAnswer;
  return [
    `${name}  ${paused ? "paused" : "open"}  ${limitsText({ concurrency, rate })}`,
    `each key  ${limitsText(perKey)}`,
    `in use  ${inUse.running} running` +
    (inUse.starts === null ? "" : `, ${inUse.starts} starts of its rate`),
  ].join("\n");
}

function limitsText({ concurrency, rate }: LimitsAnswer): string {
  const pace = rate === null ? "any rate" : `${rate.limit}/${rate.per}`;
  return `${concurrency === null ? "any number" : `at most ${concurrency}`} at once, ${pace}`;
}

interface LimitsAnswer {
  readonly concurrency: number | null;
  readonly rate: { readonly limit: number; readonly per: string | number } | null;
}

/** What is shown of a queue. */
interface QueueAnswer extends LimitsAnswer {
  readonly name: string;
  readonly paused: boolean;
  readonly perKey: LimitsAnswer;
  readonly inUse: { readonly running: number; readonly starts: number | null };
}
