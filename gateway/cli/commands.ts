/**
 * Commands: what the command line can do, as data: from arguments to one request and how its answer is shown.
 *
 * Intuition: every command is one request of the API, so the command line can do nothing that the API
 * cannot, and is tested without a server.
 *
 * Not here: sending, printing, exit codes (cli.ts).
 * @module
 */
import { parseArgs } from "node:util";

/** One request, and how to show its answer to people. */
export interface Plan {
  readonly kind: "plan";
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** Show the answer as it came, for machines. */
  readonly json: boolean;
  readonly url: string;
  readonly show: (answer: Readonly<Record<string, unknown>>) => string;
}

/** Why there is no plan: wrong arguments, or a wish for help. */
export interface NoPlan {
  readonly kind: "usage";
  readonly problem: string | null;
}

/** How it is used. */
export const USAGE = `Usage: deno task cli COMMAND [--url URL] [--json]

  submit NAME [PAYLOAD]   submit a job; PAYLOAD is JSON
      --id ID --queue QUEUE --priority 0-9 --delay 10m --run-at TIME --timeout 30s
      --attempts N --tag TAG (repeat it) --key IDEMPOTENCY-KEY
  get ID                  show a job
  cancel ID               cancel a job
  retry ID                run a failed or cancelled job again
  list                    list jobs
      --state STATE --name NAME --queue QUEUE --tag TAG --order oldest --limit N --cursor CURSOR
  logs ID                 show what a job has logged
      --after LINE --limit N
  counts                  count jobs by state and queue
  nodes                   list the nodes of the cluster
  drain NODE              let a node finish its work and leave
  keygen FILE             make a key file for the nodes of a cluster (asks no node)

The URL defaults to $ORRERY_URL, then http://127.0.0.1:8080.
`;

const text = { type: "string" } as const;
// One namespace for all commands: an option means the same wherever it is taken.
const OPTIONS = {
  "url": text,
  "json": { type: "boolean" },
  "help": { type: "boolean" },
  "id": text,
  "queue": text,
  "priority": text,
  "delay": text,
  "run-at": text,
  "timeout": text,
  "attempts": text,
  "tag": { type: "string", multiple: true },
  "key": text,
  "state": text,
  "name": text,
  "order": text,
  "limit": text,
  "cursor": text,
  "after": text,
} as const;

type Values = ReturnType<typeof parse>["values"];
type Request = Partial<Pick<Plan, "method" | "headers" | "body">> & Pick<Plan, "path" | "show">;

/** What a command takes, and the request it becomes. */
interface Command {
  /** Least and most operands. */
  readonly operands: readonly [number, number];
  /** Beside --url and --json. */
  readonly options: readonly (keyof typeof OPTIONS)[];
  readonly request: (operands: readonly string[], values: Values) => Request;
}

const job = (id = ""): string => `/job/${encodeURIComponent(id)}`;

const COMMANDS: Readonly<Record<string, Command>> = {
  submit: {
    operands: [1, 2],
    options: ["id", "queue", "priority", "delay", "run-at", "timeout", "attempts", "tag", "key"],
    request: ([name = "", payload], values) => ({
      method: "POST",
      path: "/job",
      body: JSON.stringify(submission({ name, payload, values })),
      headers: {
        "content-type": "application/json",
        ...(values.key !== undefined && { "idempotency-key": values.key }),
      },
      show: jobLine,
    }),
  },
  get: {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ path: job(id), show: (answer) => JSON.stringify(answer, null, 2) }),
  },
  cancel: {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ method: "DELETE", path: job(id), show: jobLine }),
  },
  retry: {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ method: "POST", path: `${job(id)}/retry`, show: jobLine }),
  },
  list: {
    operands: [0, 0],
    options: ["state", "name", "queue", "tag", "order", "limit", "cursor"],
    request: (_, { state, name, queue, tag, order, limit, cursor }) => ({
      path: `/jobs${queryText({ state, name, queue, tag: tag?.at(-1), order, limit, cursor })}`,
      show: jobTable,
    }),
  },
  logs: {
    operands: [1, 1],
    options: ["after", "limit"],
    request: ([id], { after, limit }) => ({
      path: `${job(id)}/logs${queryText({ after, limit })}`,
      show: ({ lines }) => (lines as { text: string }[]).map((line) => line.text).join("\n"),
    }),
  },
  counts: {
    operands: [0, 0],
    options: [],
    request: () => ({ path: "/jobs/counts", show: countTable }),
  },
  nodes: {
    operands: [0, 0],
    options: [],
    request: () => ({ path: "/cluster", show: nodeTable }),
  },
  drain: {
    operands: [1, 1],
    options: [],
    request: ([id = ""]) => ({
      method: "POST",
      path: `/cluster/node/${encodeURIComponent(id)}/drain`,
      show: ({ id, state }) => `${id}  ${state}`,
    }),
  },
};

/** Reads the arguments; `defaultUrl` is used where they name none. */
export function planCommand(args: readonly string[], defaultUrl: string): Plan | NoPlan {
  try {
    return plan(parse(args), defaultUrl);
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

/** Commands first, then operands, then options: the message names the first thing that is wrong. */
function plan(
  { values, positionals }: ReturnType<typeof parse>,
  defaultUrl: string,
): Plan | NoPlan {
  const [name, ...operands] = positionals;
  if (values.help === true || name === undefined) return usage(null);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return usage(`unknown command: ${name}`);
  const [least, most] = command.operands;
  if (operands.length < least || operands.length > most) {
    return usage(`${name} takes ${least === most ? least : `${least} to ${most}`} operands`);
  }
  const known: readonly string[] = ["url", "json", ...command.options];
  const stray = Object.keys(values).find((option) => !known.includes(option));
  if (stray !== undefined) return usage(`${name} takes no --${stray}`);
  return {
    ...{ kind: "plan", method: "GET", headers: {}, body: null },
    ...command.request(operands, values),
    json: values.json ?? false,
    url: values.url ?? defaultUrl,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

function usage(problem: string | null): NoPlan {
  return { kind: "usage", problem };
}

/** The body of a submission; the API validates it. Throws when a number or the payload cannot be read. */
function submission(
  { name, payload, values }: { name: string; payload: string | undefined; values: Values },
): Record<string, unknown> {
  return {
    name,
    ...(payload !== undefined && { payload: readPayload(payload) }),
    ...(values.id !== undefined && { id: values.id }),
    ...(values.queue !== undefined && { queue: values.queue }),
    ...(values.priority !== undefined && { priority: readNumber("priority", values.priority) }),
    ...(values.delay !== undefined && { delay: values.delay }),
    ...(values["run-at"] !== undefined && { runAt: values["run-at"] }),
    ...(values.timeout !== undefined && { timeout: values.timeout }),
    ...(values.attempts !== undefined &&
      { retry: { attempts: readNumber("attempts", values.attempts) } }),
    ...(values.tag !== undefined && { tags: values.tag }),
  };
}

function readPayload(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    throw new Error(`PAYLOAD is not JSON: ${payload.slice(0, 100)}`);
  }
}

function readNumber(option: string, value: string): number {
  const number = Number(value);
  if (value.trim() === "" || Number.isNaN(number)) throw new Error(`--${option} takes a number`);
  return number;
}

/** Options that were not given are left out, so that the defaults of the API hold. */
function queryText(values: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) query.set(name, value);
  }
  return query.size === 0 ? "" : `?${query}`;
}

function jobLine({ id, state, name, runAt }: Readonly<Record<string, unknown>>): string {
  return `${id}  ${state}  ${name}  ${runAt}`;
}

function jobTable({ jobs, cursor }: Readonly<Record<string, unknown>>): string {
  const lines = (jobs as Record<string, unknown>[]).map(jobLine);
  return [...lines, ...(cursor === null ? [] : [`more: --cursor ${cursor}`])].join("\n");
}

function countTable({ queues, total }: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(queues as Record<string, Record<string, number>>)
    .map(([queue, states]) => {
      const counted = Object.entries(states).filter(([, count]) => count > 0);
      return `${queue}  ${counted.map(([state, count]) => `${state} ${count}`).join("  ")}`;
    });
  return [...lines, `total  ${total}`].join("\n");
}

function nodeTable({ nodes }: Readonly<Record<string, unknown>>): string {
  const rows = (nodes as NodeRow[]).map(({ id, state, roles, shards, load, http, peer }) => [
    id,
    state,
    roles.join(","),
    `${shards} shards`,
    `${load.running}/${load.slots} running`,
    http ?? "-",
    peer ?? "-",
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ??
    [];
  return rows.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}

/** What is shown of a node. */
interface NodeRow {
  readonly id: string;
  readonly state: string;
  readonly roles: readonly string[];
  readonly shards: number;
  readonly load: { readonly running: number; readonly slots: number };
  readonly http: string | null;
  readonly peer: string | null;
}
