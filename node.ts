/**
 * Node: one Orrery node, put together.
 *
 * It reads as the list of its parts in the order in which they start; stopping goes through them
 * backwards. Everything here is wiring: decisions live in the parts.
 *
 * Start: port → store → executor (handlers loaded) → gateway → runtime (session, shards, wake-ups).
 * Stop: refuse work → nothing new is started → running attempts end or are interrupted, and their jobs have
 * handled it → gateway → executor → runtime (writes flushed, session left) → store → every timer that is left.
 * @module
 */
import { createExecutor } from "./actors/executor/executor.ts";
import type { ExecutorOptions } from "./actors/executor/options.ts";
import type { AttemptOrder, Executor } from "./actors/executor/port.ts";
import { JOB_KIND } from "./actors/job/codec.ts";
import type { PermitsDriver } from "./actors/limiter/holding/permits_driver.ts";
import type { RetryPolicy } from "./actors/job/spec.ts";
import type { Dispatcher } from "./actors/dispatch/dispatcher_driver.ts";
import { unpark, type UnparkOptions } from "./actors/dispatch/parked_driver.ts";
import { Slots } from "./actors/dispatch/slots.ts";
import { Recurrences } from "./actors/schedule/recurrence/recurrences.ts";
import { hasRole, slotsOf } from "./config/roles.ts";
import type { Config } from "./config/schema.ts";
import { changeOf } from "./gateway/feed.ts";
import { Front } from "./gateway/front.ts";
import { createGateway, type Gateway, type GatewayServices } from "./gateway/gateway.ts";
import type { QueueBook } from "./gateway/jobs/queue_book.ts";
import { handlerRetryPolicy } from "./gateway/schemas/job_request.ts";
import { type ServedGateway, servedHosts, serveGateway } from "./gateway/serve.ts";
import type { NodeService, NodeView } from "./gateway/service.ts";
import { hostActors } from "./node/actors.ts";
import { type NodeAlerts, ROOM_APART } from "./node/alerts.ts";
import { NodeCalendars } from "./node/calendars.ts";
import { executorOptionsOf } from "./node/executor_options.ts";
import { NodeCluster } from "./node/cluster.ts";
import { Metrics } from "./node/metrics/metrics.ts";
import { patiently } from "./node/patience.ts";
import { type NodeSecurity, openSecurity } from "./node/security.ts";
import { bookOf, keepReading, obey } from "./node/queues.ts";
import { servicesOf } from "./node/services.ts";
import { feedOf, tellersOf } from "./node/tellers.ts";
import type { MakeExecutor, NodeTraces } from "./node/traces/node_traces.ts";
import type { NodeWebhooks } from "./node/webhooks.ts";
import type { Clock } from "./runtime/clock.ts";
import { EndingClock } from "./runtime/ending_clock.ts";
import { collectWhenIdle, exposedCollector } from "./runtime/idle_heap.ts";
import type { BootId, NodeName } from "./runtime/ids.ts";
import { openStore } from "./runtime/store/open_driver.ts";
import type { Store } from "./runtime/store/port.ts";
import { systemClock } from "./runtime/system/system_clock.ts";
import type { NodeSystem } from "./runtime/system/system.ts";
import type { Log } from "./runtime/telemetry/log.ts";
import { VERSION } from "./version.ts";

/** What a node is started with. */
export interface NodeOptions {
  readonly config: Config;
  readonly log: Log;
  /** Makes the spans; absent: there are none. */
  readonly traces?: NodeTraces | undefined;
  /** Called when a drain that was asked for over HTTP begins. */
  readonly onDrain?: () => void;
  /** Gives the start up while the store is out of reach; once it is open, `stop` is the way. */
  readonly giveUp?: AbortSignal;
}

/** A node that runs, and the services behind its API, for programs that embed a node. */
export interface RunningNode extends Omit<GatewayServices, "node"> {
  /** Where its API is, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Resolves when the node can do its work. */
  readonly ready: Promise<void>;
  /** Reads the handlers folder and the calendars' files again, and goes on in a new audit file. */
  reload(): Promise<void>;
  /** Drains and ends: running attempts get `timings.drainTimeout`. Idempotent. */
  stop(): Promise<void>;
}

/** How often a starting or draining node looks whether it is done, ms. */
const LOOK_EVERY_MS = 5;
/** How long interrupted attempts may take to end before their hosts are ended, and their jobs to hear of it, ms. */
const INTERRUPT_GRACE_MS = 600;

/**
 * Starts a node. Rejects with a `Fault` when its store cannot be used without a person's help, with
 * {@link StartGivenUp} when it was told to before the store could be had.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { config, log } = options;
  const calendars = new NodeCalendars({ paths: config.calendars, log });
  const front = new Front(config.node.id);
  const served = serveGateway(front, config.node.http);
  const undo: (() => unknown)[] = [() => served.stop()];
  /** The result of a step, or the end of all that was opened before it. */
  const orUndo = <Result>(step: Promise<Result>): Promise<Result> =>
    step.catch(async (error) => {
      for (const close of undo.reverse()) await close();
      throw error;
    });
  const metrics = Metrics.of(config);
  undo.push(() => metrics?.close());
  const store = await orUndo(patiently(options, () => openConfiguredStore(options, metrics)));
  undo.push(() => store.close());
  const boot = randomName() as BootId;
  let running = (): number => 0;
  const others = await orUndo(NodeCluster.open({
    ...{ config, boot, log, url: served.url },
    running: () => running(),
    traces: options.traces,
  }));
  undo.push(() => others?.close());
  const parts = await orUndo(
    Promise.try(() => assemble({ store, boot, others, calendars, metrics }, options)),
  );
  running = () => parts.slots.running;
  await orUndo(patiently(options, () => parts.queues.load(parts.system)));
  await orUndo(patiently(options, () => calendars.keepRead(parts)));
  await orUndo(patiently(options, () => parts.webhooks.keepRead()));
  // Before the gateway opens: jobs that are taken in go by the retry rules of their handlers.
  front.waitFor("handlers: being loaded");
  await reload(parts);
  const gateway = gatewayOf(parts, { url: served.url, options });
  front.open(gateway);
  parts.system.start();
  parts.watch.start();
  others?.cluster.start();
  const ready = becomeReady(parts, { url: served.url, options });
  const endCollecting = collectWhenIdle(parts.clock, {
    worked: () => parts.system.load().writes,
    collect: exposedCollector(),
  });
  let stopped: Promise<void> | undefined;
  return {
    url: served.url,
    ...parts.services,
    ready,
    reload: () => {
      parts.guard.reopen();
      return reload(parts);
    },
    stop: () => {
      endCollecting();
      return stopped ??= stop({ ...parts, gateway, served, store }, options);
    },
  };
}

interface Parts {
  /** The other nodes; undefined when this one is alone. */
  readonly others: NodeCluster | undefined;
  /** Undefined when nothing is measured. */
  readonly metrics: Metrics | undefined;
  /** Of all parts that are not closed by themselves: what they still wait for ends with the node. */
  readonly clock: EndingClock;
  readonly system: NodeSystem;
  readonly slots: Slots;
  readonly permits: PermitsDriver;
  readonly dispatcher: Dispatcher;
  readonly executor: Executor;
  /** Retry rules that loaded handlers bring, by name. */
  readonly retries: Map<string, RetryPolicy>;
  readonly queues: QueueBook;
  readonly calendars: NodeCalendars;
  /** What stands behind the API, but for the node itself. */
  readonly services: Omit<GatewayServices, "node">;
  /** Who is told what goes wrong. */
  readonly watch: NodeAlerts;
  readonly webhooks: NodeWebhooks;
  readonly guard: NodeSecurity;
}

async function openConfiguredStore(
  { config, log }: NodeOptions,
  metrics: Metrics | undefined,
): Promise<Store> {
  const { url, durability, groups } = config.store;
  const store = await openStore(url, { shards: config.shards }, {
    clock: systemClock,
    warn: (message) => log("warn", message, { event: "store.warning" }),
    durability,
    groups,
  });
  return metrics?.store.wrap(store) ?? store;
}

function assemble(
  { store, boot, others, calendars, metrics }: {
    readonly store: Store;
    readonly boot: BootId;
    readonly others: NodeCluster | undefined;
    readonly calendars: NodeCalendars;
    readonly metrics: Metrics | undefined;
  },
  { config, log, traces, onDrain }: NodeOptions,
): Parts {
  const clock = new EndingClock(systemClock);
  const feed = feedOf({ clock, boot, others });
  const slots = new Slots(slotsOf(config), ROOM_APART);
  const queues = bookOf(config);
  const { book } = calendars;
  const recurrences = new Recurrences(book.isExcluded);
  const told: ReturnType<typeof tellersOf> = tellersOf({
    ...{ config, clock, store, boot, log, cluster: others },
    system: () => system,
  });
  const { system, dispatcher, permits } = hostActors({
    clock,
    store,
    claimant: { node: config.node.id as NodeName, boot },
    shards: config.shards,
    log,
    slots,
    cluster: others,
    recurrences,
    changed: (change, { id, version }) => {
      metrics?.jobs.changed(change);
      feed.publish(changeOf(change.job, { jobId: id, version, atMs: clock.wallMs() }));
    },
    alerts: told.watch,
    webhooks: told.webhooks,
    traces,
  });
  others?.cluster.join(system);
  others?.serve({
    ...{ dispatcher, permits, queues, calendars: book },
    drain: () => onDrain?.(),
    mayWork: () => system.mayWork,
  });
  const settings = executorOptionsOf(config, { boot, own: told.watch.handlers });
  const executor = executorOf(settings, { clock, log, dispatcher, metrics, traces });
  obey(queues, config, { slots, permits, system, alone: others === undefined });
  if (others !== undefined) keepReading(queues, { clock, system });
  metrics?.join({
    ...{ config, store, system, slots, permits, dispatcher, queues },
    ...{ cluster: others?.cluster, alerts: told.watch },
  });
  const retries = new Map();
  const guard = openSecurity({ config, clock, log, gateways: others?.gateways });
  const parts = { clock, system, queues, executor, others, metrics };
  const refusalOf = (lane: string) => permits.refusalOf(lane);
  const made = servicesOf({ ...parts, feed, recurrences, book, ...told, refusalOf });
  const services = traces?.services(made) ?? made;
  return { ...parts, slots, permits, dispatcher, retries, calendars, services, ...told, guard };
}

/** The executor, joined with the dispatcher. */
function executorOf(
  options: ExecutorOptions,
  { clock, log, dispatcher, metrics, traces }:
    & Pick<Parts, "clock" | "dispatcher" | "metrics">
    & Pick<NodeOptions, "log" | "traces">,
): Executor {
  const reports = metrics?.attempts.before(dispatcher) ?? dispatcher;
  const began = metrics && ((order: AttemptOrder) => metrics.attempts.began(order));
  const make: MakeExecutor = (to, spans) =>
    createExecutor(options, to, { clock, log, began, spans });
  const executor = traces?.attempts(reports, make) ?? make(reports);
  dispatcher.join(executor);
  return executor;
}

function gatewayOf(
  parts: Parts,
  { url, options }: { readonly url: string; readonly options: NodeOptions },
): Gateway {
  const { config, log } = options;
  const { services, system, slots, retries, clock, others, metrics } = parts;
  const { guard: { security, audit } } = parts;
  const { id, roles } = config.node;
  const load = () => ({ running: slots.running, slots: slots.total });
  const alone = (): NodeView => ({
    id,
    state: system.readiness().reasons.includes("draining") ? "draining" : "alive",
    roles,
    http: url,
    peer: null,
    load: load(),
    shards: system.owned().length,
  });
  const node: NodeService = {
    node: id,
    readiness: () => system.readiness(),
    shards: () => system.shards(),
    load,
    nodes: () => Promise.resolve(others?.views() ?? [alone()]),
    metrics: metrics && (() => metrics.render()),
    drain: (name) => {
      if (name !== id) return others?.drain(name) ?? Promise.resolve(false);
      options.onDrain?.();
      return Promise.resolve(true);
    },
  };
  const hosts = servedHosts(config.node.http.host);
  return createGateway({ ...services, node }, {
    clock,
    log,
    retention: config.retention,
    retryOf: (name) => retries.get(name),
    version: VERSION,
    traceUrl: config.dashboard.traceUrl,
    webhooks: {
      allowHttp: config.webhooks.allowHttp === true,
      secretFiles: config.webhooks.secretsDir !== null,
    },
    api: hasRole(config, "gateway"),
    ...(hosts !== undefined && { hosts }),
    ...(security !== undefined && { security }),
    ...(audit !== undefined && { audit }),
    ...options.traces?.requests,
  });
}

/** Reads the calendars' files, loads the handlers, and wakes the jobs that waited for one of them, if they can run here (Z1). */
async function reload(
  { calendars, executor, retries, system, slots, clock }: Parts,
): Promise<void> {
  calendars.reload();
  const { handlers } = await executor.reload();
  retries.clear();
  for (const { name, retry } of handlers) {
    if (retry !== undefined) retries.set(name, handlerRetryPolicy(retry));
  }
  if (slots.total === 0) return;
  const names = handlers.map(({ name }) => name);
  const signal: UnparkOptions["signal"] = (id, message, settle) =>
    system.signal({ kind: JOB_KIND, id }, message, settle);
  void unpark(names, { clock, system, signal });
}

/** Prints the ready line as soon as the node can do its work. */
async function becomeReady(
  { system, clock }: Parts,
  { url, options }: { url: string; options: NodeOptions },
): Promise<void> {
  while (!system.readiness().ready) await pause(clock, LOOK_EVERY_MS);
  options.log("info", "node is ready", {
    event: "node.ready",
    http: url,
    node: options.config.node.id,
  });
}

/** Ends the node, in the order that the header says. */
async function stop(
  parts: Parts & { served: ServedGateway; store: Store; gateway: Gateway },
  { config, log }: NodeOptions,
): Promise<void> {
  const { clock, system, slots, permits, dispatcher, executor, served, store, gateway, others } =
    parts;
  log("info", "node drains", { event: "node.draining", running: slots.running });
  parts.watch.close();
  gateway.refuseWork();
  system.drain();
  others?.cluster.drain();
  const rest = async (withinMs: number): Promise<void> => {
    const deadlineMs = clock.monotonicMs() + withinMs;
    // An end that its job has not handled would be found as a loss by the job's next owner.
    const busy = () => slots.taken + dispatcher.untold > 0;
    while (busy() && clock.monotonicMs() < deadlineMs) await pause(clock, LOOK_EVERY_MS);
  };
  await rest(config.timings.drainTimeoutMs);
  dispatcher.interrupt();
  // Signals first: a handler that heeds its signal ends by itself.
  await rest(INTERRUPT_GRACE_MS);
  await served.stop();
  await parts.guard.close();
  await executor.close();
  await rest(INTERRUPT_GRACE_MS);
  permits.close();
  await system.close();
  await others?.cluster.leave();
  await others?.close();
  parts.metrics?.close();
  await store.close();
  // What could not be told any more is found by whoever starts next: the store has it.
  clock.end();
  log("info", "node stopped", { event: "node.stopped" });
}

function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resume) => clock.after(delayMs, resume));
}

/** 16 hex digits that no other start has. */
function randomName(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}
