/**
 * Commands: what the command line can do, as data: from arguments to one request and how its answer is shown.
 *
 * Intuition: every command is one request of the API, so the command line can do nothing that the API
 * cannot, and is tested without a server.
 *
 * Not here: sending, printing, exit codes (cli.ts).
 * @module
 */
import { CALENDAR_COMMANDS, CALENDAR_USAGE } from "./calendar_commands.ts";
import {
  type Answer,
  type Command,
  jsonBody,
  parseCommand,
  type Plan,
  queryText,
  readJson,
  type ReadText,
  submission,
  type Values,
} from "./command.ts";
import { ALERT_COMMANDS, ALERT_USAGE } from "./alert_commands.ts";
import { FLOW_COMMANDS, FLOW_USAGE } from "./flow_commands.ts";
import { QUEUE_COMMAND, QUEUE_USAGE } from "./queue_command.ts";
import { SCHEDULE_COMMANDS, SCHEDULE_USAGE } from "./schedule_commands.ts";
import { pageText, table } from "./table.ts";

/** Why there is no plan: wrong arguments, or a wish for help. */
export interface NoPlan {
  readonly kind: "usage";
  readonly problem: string | null;
}

/** How it is used. */
export const USAGE = `Usage: deno task cli COMMAND [--url URL] [--json] [--key-file FILE]

  submit NAME [PAYLOAD]   submit a job; PAYLOAD is JSON
      --id ID --queue QUEUE --priority 0-9 --delay 10m --run-at TIME --timeout 30s
      --attempts N --tag TAG (repeat it) --idempotency-key KEY
      --unique KEY --window 1h --on-conflict reject|keep|replace
      --debounce KEY --wait 5s --max-wait 1m | --throttle KEY --every 1m
  get ID                  show a job
  cancel ID               cancel a job
  retry ID                run a failed or cancelled job again
      --payload JSON      with this payload from now on
  failed                  list failed jobs, and why they failed
      --name NAME --queue QUEUE --tag TAG --order oldest --limit N --cursor CURSOR
  list                    list jobs
      --state STATE --name NAME --queue QUEUE --tag TAG --order oldest --limit N --cursor CURSOR
  logs ID                 show what a job has logged
      --after LINE --limit N
  counts                  count jobs by state and queue
${QUEUE_USAGE}${SCHEDULE_USAGE}${CALENDAR_USAGE}${FLOW_USAGE}${ALERT_USAGE}  nodes                   list the nodes of the cluster
  drain NODE              let a node finish its work and leave
  keygen FILE             make a key file for the nodes of a cluster (asks no node)
  key create              make an API key (asks no node)
      --name NAME --scopes read,write,admin --namespaces NAME,… --expires 90d --rate 100/1s

The URL defaults to $ORRERY_URL, then http://127.0.0.1:8080. A node that asks for a key is shown
--key KEY, the one in --key-file FILE, $ORRERY_KEY, or the one in $ORRERY_KEY_FILE.
`;

const job = (id = ""): string => `/job/${encodeURIComponent(id)}`;

const JOB_AND_NODE_COMMANDS: Readonly<Record<string, Command>> = {
  submit: {
    operands: [1, 2],
    options: [
      ...[
        "id",
        "queue",
        "priority",
        "delay",
        "run-at",
        "timeout",
        "attempts",
        "tag",
        "idempotency-key",
      ] as const,
      ...["unique", "window", "on-conflict", "debounce", "wait", "max-wait"] as const,
      ...["throttle", "every"] as const,
    ],
    request: ([name = "", payload], values) => ({
      method: "POST",
      path: "/job",
      body: JSON.stringify(submission({ name, payload, values })),
      headers: {
        "content-type": "application/json",
        ...idempotent(values),
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
    options: ["payload"],
    request: ([id], { payload }) => ({
      method: "POST",
      path: `${job(id)}/retry`,
      show: jobLine,
      ...(payload !== undefined && jsonBody({ payload: readJson("--payload", payload) })),
    }),
  },
  failed: {
    operands: [0, 0],
    options: ["name", "queue", "tag", "order", "limit", "cursor"],
    request: (_, values) => ({
      path: jobsPath({ ...values, state: "failed" }),
      show: failureTable,
    }),
  },
  list: {
    operands: [0, 0],
    options: ["state", "name", "queue", "tag", "order", "limit", "cursor"],
    request: (_, values) => ({ path: jobsPath(values), show: jobTable }),
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

const COMMANDS: Readonly<Record<string, Command>> = {
  ...JOB_AND_NODE_COMMANDS,
  queue: QUEUE_COMMAND,
  ...SCHEDULE_COMMANDS,
  ...CALENDAR_COMMANDS,
  ...FLOW_COMMANDS,
  ...ALERT_COMMANDS,
};
/** The words that begin commands of two words. */
const GROUPS: readonly string[] = ["schedule", "calendar", "flow", "alert"];

/** Reads the arguments, and files that they name; `defaultUrl` is used where they name none. */
export function planCommand(
  args: readonly string[],
  defaultUrl: string,
  readText: ReadText = Deno.readTextFileSync,
): Plan | NoPlan {
  try {
    return plan(parseCommand(args), { defaultUrl, readText });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
}

/** Commands first, then operands, then options: the message names the first thing that is wrong. */
function plan(
  { values, positionals }: ReturnType<typeof parseCommand>,
  { defaultUrl, readText }: { readonly defaultUrl: string; readonly readText: ReadText },
): Plan | NoPlan {
  const words = GROUPS.includes(positionals[0] ?? "") ? 2 : 1;
  const name = positionals.slice(0, words).join(" ");
  const operands = positionals.slice(words);
  if (values.help === true || name === "") return usage(null);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return usage(`unknown command: ${name}`);
  const [least, most] = command.operands;
  if (operands.length < least || operands.length > most) {
    return usage(`${name} takes ${least === most ? least : `${least} to ${most}`} operands`);
  }
  const known: readonly string[] = ["url", "json", "key", "key-file", ...command.options];
  const stray = Object.keys(values).find((option) => !known.includes(option));
  if (stray !== undefined) return usage(`${name} takes no --${stray}`);
  return {
    ...{ kind: "plan", method: "GET", headers: {}, body: null },
    ...command.request(operands, values, readText),
    json: values.json ?? false,
    url: values.url ?? defaultUrl,
    credentials: { key: values.key, keyFile: values["key-file"] },
  };
}

function usage(problem: string | null): NoPlan {
  return { kind: "usage", problem };
}

function idempotent(values: Values): Readonly<Record<string, string>> {
  const key = values["idempotency-key"];
  return key === undefined ? {} : { "idempotency-key": key };
}

function jobLine({ id, state, name, runAt }: Answer): string {
  // Who may write but not read is told less.
  return [id, state, name, runAt].filter((part) => part !== undefined).join("  ");
}

function jobTable({ jobs, cursor }: Answer): string {
  return pageText((jobs as Answer[]).map(jobLine).join("\n"), { option: "cursor", cursor });
}

function jobsPath({ state, name, queue, tag, order, limit, cursor }: Values): string {
  return `/jobs${queryText({ state, name, queue, tag: tag?.at(-1), order, limit, cursor })}`;
}

function failureTable({ jobs, cursor }: Answer): string {
  const rows = (jobs as Answer[]).map(({ id, name, finishedAt, error }) => {
    const { name: kind = "-", message = "" } = (error ?? {}) as Record<string, unknown>;
    return [id, name, finishedAt ?? "-", `${kind}: ${message}`.split("\n", 1)[0]].map(String);
  });
  return pageText(table(rows), { option: "cursor", cursor });
}

function countTable({ queues, total }: Answer): string {
  const lines = Object.entries(queues as Record<string, Record<string, number>>)
    .map(([queue, states]) => {
      const counted = Object.entries(states).filter(([, count]) => count > 0);
      return `${queue}  ${counted.map(([state, count]) => `${state} ${count}`).join("  ")}`;
    });
  return [...lines, `total  ${total}`].join("\n");
}

function nodeTable({ nodes }: Answer): string {
  return table((nodes as NodeRow[]).map(({ id, state, roles, shards, load, http, peer }) => [
    id,
    state,
    roles.join(","),
    `${shards} shards`,
    `${load.running}/${load.slots} running`,
    http ?? "-",
    peer ?? "-",
  ]));
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
