/**
 * Schema: every field of `cluster.json`, its default and its bounds.
 *
 * Each section stands alone, so that a mistake in one doesn't hide those in another; relations
 * between sections are in `relations.ts`. Unknown fields are refused everywhere. Durations come
 * out in ms under a name that says so.
 * @module
 */
import { z } from "../deps.ts";
import { channels } from "./alert_channels.ts";
import { rules } from "./alert_rules.ts";
import { security } from "./security.ts";
import { duration, endpoint, field, name, rate, storeUrl } from "./values.ts";

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

const node = z.strictObject({
  id: field(name().default("a"), {
    description: "The node's name, in logs, attempts and metrics. It survives restarts.",
    relation: "Unique in a cluster.",
  }),
  http: field(endpoint().prefault("127.0.0.1:8080"), {
    description:
      "Where the HTTP API listens; without the role `gateway`, health alone. Port 0 takes a free one; the ready line tells which.",
    relation:
      "An address that other machines can reach needs `security.keys` or `security.insecure`.",
  }),
  peer: field(endpoint().nullable().prefault(null), {
    description: "Where other nodes reach this one; null: this node is alone.",
    relation: "Clusters need a Redis, and `security.curve` beyond this machine.",
  }),
  seeds: field(z.array(endpoint()).max(64).prefault([]), {
    description: "Nodes to join through.",
    relation: "Needs `node.peer`.",
  }),
  roles: field(z.array(z.enum(["gateway", "worker"])).min(1).default(["gateway", "worker"]), {
    description:
      "What the node does: `gateway` answers the HTTP API, `worker` owns shards and runs jobs.",
    relation: "A node that is alone has both.",
  }),
  weight: field(z.number().min(0.1).max(100).default(1), {
    description:
      "The node's share of the shards, and so of the work, relative to the other workers'.",
  }),
  slots: field(z.int().min(1).max(8_000).default(100), {
    description: "Jobs that the node runs at once, whatever their queue.",
    unit: "jobs",
    relation: "`queues.*.concurrency` bounds single queues below it.",
  }),
}).prefault({});

const store = z.strictObject({
  url: field(storeUrl().default("sqlite:./data/orrery.db"), {
    description:
      "Where jobs are kept: `sqlite:PATH` on this machine, or a Redis that several nodes share: `redis://` or `rediss://`, with `user:password@` and `/DATABASE` where needed; `redis-sentinel://HOST:PORT,…/NAME` or `redis-cluster://HOST:PORT,…`.",
  }),
  durability: field(z.enum(["local", "replicated"]).default("local"), {
    description: "When a write counts as done: on this store's disk, or on a replica too.",
    relation: "`replicated` needs Redis with a replica, not a Redis Cluster.",
  }),
  groups: field(z.int().min(1).max(64).default(1), {
    description:
      "Storage groups that shards are spread over, so that the primaries of a Redis Cluster share the load. Set at the cluster's birth; best a multiple of the primaries' number.",
    unit: "groups",
    relation: "Needs Redis. The same on all nodes.",
  }),
}).prefault({});

const shards = field(z.int().min(1).max(16_384).default(256), {
  description:
    "Parts that actors are spread over. Set at the store's birth; another number is refused at start.",
  unit: "shards",
});

const grant = z.union([z.boolean(), z.array(z.string().min(1))]).optional();

const handlers = z.strictObject({
  dir: field(z.string().min(1).default("examples/handlers"), {
    description:
      "Folder of handler modules, relative to where the node is started. Read again on SIGHUP.",
  }),
  permissionsCap: field(
    z.strictObject({
      net: grant,
      read: grant,
      write: grant,
      env: grant,
      run: grant,
      ffi: grant,
      sys: grant,
      import: grant,
    }).nullable().default(null),
    {
      description:
        "The most that any handler gets, per kind of Deno permission: true, false or a list. null: what each declares.",
      relation: "With a cap, inline handlers are refused unless `handlers.inline` names them.",
    },
  ),
  inline: field(z.array(z.string().min(1)).default([]), {
    description: "Handlers that may run inside the node's process although a cap is set.",
    relation: "Only matters with `handlers.permissionsCap`.",
  }),
}).prefault({});

const executors = z.strictObject({
  workers: field(z.int().min(1).max(64).default(2), {
    description: "Sandboxed workers that handlers with the same permissions share.",
    unit: "workers",
  }),
  heapMiB: field(z.int().min(64).max(65_536).default(512), {
    description: "Heap of one worker; an attempt that needs more fails alone.",
    unit: "MiB",
  }),
  command: z.strictObject({
    allow: field(z.array(z.string().min(1)).default([]), {
      description: "Programs that `command` jobs may start, as in `argv[0]`. Empty: none.",
    }),
  }).prefault({}),
  http: z.strictObject({
    allowPrivate: field(z.boolean().default(false), {
      description: "Whether `http` jobs may call private and loopback addresses.",
    }),
  }).prefault({}),
}).prefault({});

const concurrency = z.int().min(1).max(100_000).nullable().default(null);

const queue = z.strictObject({
  concurrency: field(concurrency, {
    description:
      "Jobs of the queue that run at once on all nodes, until the API says otherwise; null: as many as there are slots.",
    unit: "jobs",
    relation: "The same on all nodes, as all of `queues`.",
  }),
  rate: field(rate(), {
    description:
      "How fast its jobs are started on all nodes: `limit` in any span `per`, which is `second`, `minute`, `hour`, `day` or a duration; null: as fast as they come.",
  }),
  perKey: z.strictObject({
    concurrency: field(concurrency, {
      description: "Jobs of one `concurrencyKey` of the queue that run at once on all nodes.",
      unit: "jobs",
    }),
    rate: field(rate(), { description: "How fast jobs of one key are started." }),
  }).prefault({}),
});

const queues = z.record(name(), queue).prefault({ default: {} });

const calendars = field(z.record(name(), z.string().min(1)).default({}), {
  description:
    "Files of the calendars that schedules exclude, by the calendar's name: iCalendar (`.ics`), a JSON array (`.json`) or a date a line (`.txt`), relative to where the node is started. Read again on SIGHUP.",
  relation: "The same on all nodes.",
});

const alerts = z.strictObject({
  channels: field(channels.default({}), {
    description: "Where alerts go, by name; see docs/alerts.md for the fields of each type.",
  }),
  rules: field(rules.prefault([]), { description: "What is alerted to whom." }),
}).prefault({});

const keep = (text: string) => duration({ minMs: 0, maxMs: 10 * YEAR_MS }).prefault(text);

const retention = z.strictObject({
  completed: field(keep("3d"), {
    description: "How long completed jobs are kept.",
    unit: "duration",
    relation: "A job's own `retention` comes first.",
  }),
  failed: field(keep("14d"), {
    description: "How long failed and cancelled jobs are kept.",
    unit: "duration",
    relation: "A job's own `retention` comes first.",
  }),
}).prefault({}).transform(({ completed, failed }) => ({
  completedMs: completed,
  failedMs: failed,
}));

const timings = z.strictObject({
  drainTimeout: field(
    duration({ minMs: 0, maxMs: DAY_MS }).prefault("25s"),
    {
      description:
        "How long a stopping node waits for running attempts; the rest is interrupted and repeated.",
      unit: "duration",
      relation: "Shorter than the grace of whatever stops the node (Kubernetes: 30 s).",
    },
  ),
}).prefault({}).transform(({ drainTimeout }) => ({ drainTimeoutMs: drainTimeout }));

const log = z.strictObject({
  level: field(z.enum(["debug", "info", "warn", "error"]).default("info"), {
    description: "The least important lines that are printed.",
  }),
}).prefault({});

/** The sections, in the order in which they are documented and checked. */
export const SECTIONS = {
  node,
  store,
  shards,
  handlers,
  executors,
  queues,
  calendars,
  security,
  alerts,
  retention,
  limits: z.strictObject({}).prefault({}),
  timings,
  log,
};

/** A section's name. */
export type SectionName = keyof typeof SECTIONS;

type DeepReadonly<Value> = Value extends (infer Item)[] ? readonly DeepReadonly<Item>[]
  : Value extends object ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
  : Value;

/** The configuration of a node: checked, with every default filled in, deeply frozen. */
export type Config = DeepReadonly<
  { [Name in SectionName]: z.output<(typeof SECTIONS)[Name]> }
>;

/** The whole file as JSON Schema, for editors and for `docs/configuration.md`. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const file = z.strictObject({ $schema: z.string().optional(), ...SECTIONS });
  return z.toJSONSchema(file, { io: "input" }) as Record<string, unknown>;
}
