/**
 * Asks: which request of the HTTP API each GraphQL field is.
 *
 * Intuition: the routes already say what is valid, who may, what is written down and how it is answered. So a field
 * that needs something is a request of a route, and there is nothing here that a key could get around.
 * @module
 */

/** One request of the HTTP API. */
export interface Ask {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

/** Arguments as GraphQL has checked them; null and undefined are as good as left out, but in `payload` and settings. */
export type Args = Readonly<Record<string, unknown>>;
/** An answer of the API, parsed. */
export type Answer = Readonly<Record<string, unknown>>;

/** A field that asks. */
export interface AskingField {
  /** From the arguments, and for a nested field the object that it belongs to; null: there is nothing to ask for. */
  readonly ask: (args: Args, parent: Answer) => Ask | null;
  /** The field's value in the answer; the answer itself when it is left out. */
  readonly pick?: (answer: Answer) => unknown;
  /** A 404 is null. */
  readonly orNull?: true;
}

/** Fields by their names. */
export type AskingFields = Readonly<Record<string, AskingField>>;

const FILTER = ["state", "name", "queue", "tag", "scheduleId", "flowId"];

/** The fields of `Query`. */
export const QUERIES: AskingFields = {
  job: { ask: ({ id }) => get(one("job", id)), orNull: true },
  jobs: { ask: (args) => get("/jobs", args), pick: pageOf("jobs") },
  counts: { ask: () => get("/jobs/counts"), pick: countsOf },
  queue: { ask: ({ name }) => get(one("queue", name)) },
  schedule: { ask: ({ id }) => get(one("schedule", id)), orNull: true },
  schedules: { ask: (args) => get("/schedules", args), pick: pageOf("schedules") },
  flow: { ask: ({ id }) => get(one("flow", id)), orNull: true },
  flows: { ask: (args) => get("/flows", args), pick: pageOf("flows") },
  alerts: { ask: (args) => get("/alerts", args), pick: pageOf("alerts") },
  nodes: { ask: () => get("/cluster"), pick: ({ nodes }) => nodes },
  handlers: { ask: () => get("/handlers"), pick: ({ handlers }) => handlers },
};

/** The fields of `Mutation`. */
export const MUTATIONS: AskingFields = {
  submitJob: {
    ask: ({ job, idempotencyKey }) => post("/job", job, idempotencyKey),
  },
  submitJobs: { ask: ({ jobs }) => post("/jobs", jobs) },
  cancelJob: { ask: ({ id }) => remove(one("job", id)) },
  retryJob: {
    ask: ({ id, ...edit }) =>
      post(`${one("job", id)}/retry`, edit.payload === undefined ? undefined : edit),
  },
  runJob: { ask: ({ id }) => post(`${one("job", id)}/run`) },
  cancelJobs: { ask: (args) => post("/jobs/cancel", actionOf(args)) },
  retryJobs: { ask: (args) => post("/jobs/retry", actionOf(args)) },
  createSchedule: { ask: ({ schedule }) => post("/schedule", schedule) },
  putSchedule: {
    ask: ({ id, schedule }) => ({ method: "PUT", path: one("schedule", id), body: schedule }),
  },
  deleteSchedule: { ask: ({ id }) => remove(one("schedule", id)) },
  pauseSchedule: {
    ask: ({ id, note }) =>
      post(`${one("schedule", id)}/pause`, note == null ? undefined : { note }),
  },
  resumeSchedule: { ask: ({ id }) => post(`${one("schedule", id)}/resume`) },
  triggerSchedule: { ask: ({ id }) => post(`${one("schedule", id)}/trigger`) },
  backfillSchedule: {
    ask: ({ id, from, to }) => post(`${one("schedule", id)}/backfill`, { from, to }),
  },
  submitFlow: { ask: ({ flow, idempotencyKey }) => post("/flow", flow, idempotencyKey) },
  cancelFlow: { ask: ({ id }) => remove(one("flow", id)) },
  retryFlow: { ask: ({ id }) => post(`${one("flow", id)}/retry`) },
  setQueue: {
    ask: ({ name, settings }) => ({ method: "PUT", path: one("queue", name), body: settings }),
  },
  silenceAlert: {
    ask: ({ id, ...how }) => post(`/alerts/${encodeURIComponent(String(id))}/silence`, given(how)),
  },
  drainNode: { ask: ({ id }) => post(`/cluster/node/${encodeURIComponent(String(id))}/drain`) },
};

/** Fields of other types that ask for more. */
export const NESTED: Readonly<Record<string, AskingFields>> = {
  Job: {
    logs: { ask: (args, { id }) => get(`${one("job", id)}/logs`, args) },
    schedule: {
      ask: (_, { scheduleId }) => scheduleId == null ? null : get(one("schedule", scheduleId)),
      orNull: true,
    },
    flow: {
      ask: (_, { flowId }) => flowId == null ? null : get(one("flow", flowId)),
      orNull: true,
    },
  },
  Schedule: {
    next: {
      ask: (args, { id }) => get(`${one("schedule", id)}/next`, args),
      pick: ({ next }) => next,
    },
    occurrences: {
      ask: (args, { id }) => get(`${one("schedule", id)}/occurrences`, args),
      pick: pageOf("occurrences"),
    },
    jobs: {
      ask: (args, { id }) => get("/jobs", { ...args, scheduleId: id }),
      pick: pageOf("jobs"),
    },
  },
};

/** Names of fields that ask, wherever they stand: they cost more than those that are there already. */
export const ASKING: ReadonlySet<string> = new Set(
  [QUERIES, MUTATIONS, ...Object.values(NESTED)].flatMap((fields) => Object.keys(fields)),
);

/** The stream of events that a subscription is. */
export function streamPath(field: "jobEvents" | "job", { id }: Args): string {
  return field === "job" ? `${one("job", id)}/events` : "/events";
}

function get(path: string, query: Args = {}): Ask {
  const given = Object.entries(query).filter(([, value]) => value != null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return { method: "GET", path: text.size === 0 ? path : `${path}?${text}` };
}

function post(path: string, body?: unknown, idempotencyKey?: unknown): Ask {
  return {
    method: "POST",
    path,
    ...(body !== undefined && { body }),
    ...(idempotencyKey != null && { idempotencyKey: String(idempotencyKey) }),
  };
}

function remove(path: string): Ask {
  return { method: "DELETE", path };
}

function one(kind: "job" | "queue" | "schedule" | "flow", id: unknown): string {
  return `/${kind}/${encodeURIComponent(String(id))}`;
}

function given(fields: Args): Args {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null));
}

function actionOf({ filter, ...terms }: Args): Args {
  const named = Object.entries((filter ?? {}) as Args).filter(([name]) => FILTER.includes(name));
  return given({ ...Object.fromEntries(named), ...terms });
}

/** A page with its list under the one name that all pages have. */
function pageOf(list: string): (answer: Answer) => unknown {
  return ({ [list]: nodes, cursor }) => ({ nodes, cursor });
}

/** Lists in place of objects whose keys are data, which GraphQL cannot select from. */
function countsOf({ total, states, queues }: Answer): Answer {
  const counted = (counts: unknown) =>
    Object.entries(counts as Record<string, number>).map(([state, count]) => ({ state, count }));
  return {
    total,
    states: counted(states),
    queues: Object.entries(queues as Answer).map(([queue, counts]) => ({
      queue,
      states: counted(counts),
    })),
  };
}
