/**
 * JobCommands: what the command line can do about jobs with one request.
 * @module
 */
import {
  type Answer,
  type Commands,
  jsonBody,
  queryText,
  readJson,
  type RequestCommand,
  type Values,
} from "../command.ts";
import type { OptionName } from "../options.ts";
import { followLogs, logText } from "../runs/follow_logs.ts";
import { watch } from "../runs/watch.ts";
import { card, pageText, table } from "../table.ts";
import { JOB_OPTIONS, submission } from "./submission.ts";

const FILTER = ["name", "queue", "tag"] as const satisfies readonly OptionName[];
const PAGE = ["order", "limit", "cursor"] as const satisfies readonly OptionName[];

const job = (id = ""): string => `/job/${encodeURIComponent(id)}`;

/** The commands by their names. */
export const JOB_COMMANDS: Commands = {
  "submit": {
    operands: [1, 2],
    takes: "NAME [PAYLOAD]",
    summary: "submit a job; PAYLOAD is JSON, @FILE or - (stdin)",
    options: [
      ...JOB_OPTIONS,
      ...["delay", "run-at", "idempotency-key", "follow"] as const,
      ...["unique", "window", "on-conflict", "debounce", "wait", "max-wait"] as const,
      ...["throttle", "every"] as const,
    ],
    examples: [
      `submit send-invoice '{"customer":"c-17","cents":4200}' --delay 10m --attempts 5`,
      "submit echo @order.json --unique order-7 --on-conflict keep --follow",
    ],
    request: ([name = "", payload], values, readText) => ({
      method: "POST",
      path: "/job",
      body: JSON.stringify(submission({ name, payload, values, readText })),
      headers: { "content-type": "application/json", ...idempotent(values) },
      show: jobLine,
      ...(values.follow === true &&
        { next: ({ id }: Answer) => ({ operands: [String(id)], run: watch }) }),
    }),
  },
  "get": {
    operands: [1, 1],
    takes: "ID",
    summary: "show a job",
    options: [],
    examples: ["get order-7"],
    request: ([id]) => ({ path: job(id), show: jobCard }),
  },
  "list": {
    operands: [0, 0],
    summary: "list jobs",
    options: ["state", ...FILTER, ...PAGE],
    examples: ["list --state running --queue mail --limit 20"],
    request: (_, values) => ({ path: jobsPath(values), show: jobTable }),
  },
  "failed": {
    operands: [0, 0],
    summary: "list failed jobs, and why they failed",
    options: [...FILTER, ...PAGE],
    examples: ["failed --name send-invoice --order oldest"],
    request: (_, values) => ({
      path: jobsPath({ ...values, state: "failed" }),
      show: failureTable,
    }),
  },
  "logs": {
    operands: [1, 1],
    takes: "ID",
    summary: "show what a job has logged",
    options: ["after", "limit", "follow"],
    examples: ["logs order-7 --follow"],
    request: ([id = ""], { after, limit, follow }) => ({
      path: `${job(id)}/logs${queryText({ after, limit })}`,
      show: logText,
      ...(follow === true &&
        { next: ({ next }: Answer) => ({ operands: [id, String(next)], run: followLogs }) }),
    }),
  },
  "counts": {
    operands: [0, 0],
    summary: "count jobs by state and queue",
    options: [],
    examples: ["counts"],
    request: () => ({ path: "/jobs/counts", show: countTable }),
  },
  "cancel": onOne("cancel a job", { method: "DELETE", suffix: "", example: "cancel order-7" }),
  "run": onOne("start a scheduled or retrying job now", {
    ...{ method: "POST", suffix: "/run", example: "run order-7" },
  }),
  "retry": {
    operands: [1, 1],
    takes: "ID",
    summary: "run a failed or cancelled job again",
    options: ["payload"],
    meanings: { payload: "with this payload from now on; JSON, @FILE or -" },
    examples: ["retry order-7", `retry order-7 --payload '{"customer":"c-18"}'`],
    request: ([id], { payload }, readText) => ({
      method: "POST",
      path: `${job(id)}/retry`,
      show: jobLine,
      ...(payload !== undefined &&
        jsonBody({ payload: readJson("--payload", payload, readText) })),
    }),
  },
  "cancel-all": onMany("cancel", "cancel all jobs of a filter"),
  "retry-all": onMany("retry", "run all failed or cancelled jobs of a filter again"),
};

function onOne(
  summary: string,
  { method, suffix, example }: {
    readonly method: "DELETE" | "POST";
    readonly suffix: string;
    readonly example: string;
  },
): RequestCommand {
  return {
    ...{ operands: [1, 1], takes: "ID", options: [], summary, examples: [example] },
    request: ([id]) => ({ method, path: job(id) + suffix, show: jobLine }),
  };
}

function onMany(command: "cancel" | "retry", summary: string): RequestCommand {
  return {
    operands: [0, 0],
    options: ["state", ...FILTER, "all", "limit", "cursor"],
    summary: `${summary}, a bounded number at a time`,
    examples: [`${command}-all --queue mail --tag batch-7`],
    request: (_, { state, name, queue, tag, all, limit, cursor }) => ({
      method: "POST",
      path: `/jobs/${command}`,
      ...jsonBody({
        ...{ state, name, queue, tag: tag?.at(-1), all, cursor },
        limit: limit === undefined ? undefined : Number(limit),
      }),
      show: ({ matched, done, refused, cursor }) =>
        pageText(`${matched} matched  ${done} done  ${refused} refused`, {
          option: "cursor",
          cursor,
        }),
    }),
  };
}

function idempotent(values: Values): Readonly<Record<string, string>> {
  const key = values["idempotency-key"];
  return key === undefined ? {} : { "idempotency-key": key };
}

function jobLine({ id, state, name, runAt }: Answer): string {
  // Who may write but not read is told less.
  return [id, state, name, runAt].filter((part) => part !== undefined).join("  ");
}

function jobCard({ attempts, ...fields }: Answer): string {
  const rows = ((attempts ?? []) as Answer[]).map(({ number, node, outcome, startedAt, error }) => {
    const { name = "", message = "" } = (error ?? {}) as Readonly<Record<string, unknown>>;
    const why = `${name}${message === "" ? "" : `: ${message}`}`.split("\n", 1)[0] ?? "";
    return [String(number), String(outcome), String(startedAt), String(node), why];
  });
  const made = table(rows, ["ATTEMPT", "OUTCOME", "STARTED", "NODE", "ERROR"]);
  return [card(fields), ...(made === "" ? [] : ["", made])].join("\n");
}

function jobTable({ jobs, cursor }: Answer): string {
  const rows = (jobs as Answer[]).map(({ id, state, name, queue, runAt }) =>
    [id, state, name, queue, runAt].map(String)
  );
  return pageText(table(rows, ["ID", "STATE", "NAME", "QUEUE", "RUN AT"]), {
    option: "cursor",
    cursor,
  });
}

function jobsPath({ state, name, queue, tag, order, limit, cursor }: Values): string {
  return `/jobs${queryText({ state, name, queue, tag: tag?.at(-1), order, limit, cursor })}`;
}

function failureTable({ jobs, cursor }: Answer): string {
  const rows = (jobs as Answer[]).map(({ id, name, finishedAt, error }) => {
    const { name: kind = "-", message = "" } = (error ?? {}) as Record<string, unknown>;
    return [id, name, finishedAt ?? "-", `${kind}: ${message}`.split("\n", 1)[0]].map(String);
  });
  return pageText(table(rows, ["ID", "NAME", "FAILED AT", "ERROR"]), { option: "cursor", cursor });
}

/** A row per queue, a column per state that any job is in. */
function countTable({ queues, states, total }: Answer): string {
  const counts = queues as Record<string, Record<string, number>>;
  const shown = Object.entries(states as Record<string, number>)
    .filter(([, count]) => count > 0).map(([state]) => state);
  const rows = Object.entries(counts).map(([queue, byState]) => [
    queue,
    ...shown.map((state) => String(byState[state] ?? 0)),
  ]);
  const header = ["QUEUE", ...shown.map((state) => state.toUpperCase())];
  return [...(rows.length === 0 ? [] : [table(rows, header)]), `total  ${total}`].join("\n");
}
