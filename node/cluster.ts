/**
 * The node's part in a cluster, put together: transport, membership and shards, and what nodes say to each other
 * about attempts, queues, calendars and drains.
 * @module
 */
import type { Away, Dispatcher, Shipment } from "../actors/dispatch/dispatcher_driver.ts";
import { PeerChoice } from "../actors/dispatch/peer_choice.ts";
import type { AttemptKey } from "../actors/executor/port.ts";
import { laneOf } from "../actors/job/codec.ts";
import type { PermitsDriver } from "../actors/limiter/holding/permits_driver.ts";
import { formatEndpoint } from "../config/endpoint.ts";
import { hasRole, slotsOf } from "../config/roles.ts";
import type { Config } from "../config/schema.ts";
import type { CalendarBook, CalendarNews } from "../gateway/calendars/calendar_book.ts";
import type { Peers } from "../gateway/feeds/peers.ts";
import type { QueueBook } from "../gateway/jobs/queue_book.ts";
import type { NodeView, QueueSettings } from "../gateway/service.ts";
import { Cluster } from "../runtime/cluster/cluster_driver.ts";
import { Fault } from "../runtime/fault.ts";
import type { BootId, NodeName } from "../runtime/ids.ts";
import type { MemberView } from "../runtime/membership/swim_events.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import type { Log } from "../runtime/telemetry/log.ts";
import type { Transport } from "../runtime/transport/port.ts";
import { PROTOCOL } from "../runtime/transport/wire/message.ts";
import { readKeys } from "../runtime/transport/zmq/keys.ts";
import { openZmqTransport } from "../runtime/transport/zmq/driver.ts";
import { VERSION } from "../version.ts";
import type { NodeTraces } from "./traces/node_traces.ts";

/** What the node's part in a cluster is made of. */
export interface NodeClusterOptions {
  readonly config: Config;
  readonly boot: BootId;
  readonly log: Log;
  /** Where the node listens, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Attempts under way here. */
  readonly running: () => number;
  /** Absent: nothing is traced. */
  readonly traces?: NodeTraces | undefined;
}

const RUN = "attempt/run";
const ABORT = "attempt/abort";
const CONFIRM = "attempt/confirm";
const QUEUE = "queue/settings";
const CALENDAR = "calendar/news";
const DRAIN = "node/drain";
const CLAIM = "limiter/claim";

/** What a limiter wants a node to claim from it. */
export interface ClaimCall {
  readonly queue: string;
  readonly gates: readonly string[];
}

/** A queue's settings on their way. */
interface SettingsWord {
  readonly settings: QueueSettings;
  readonly version: number;
}

/** A node among others. */
export class NodeCluster {
  readonly cluster: Cluster;
  /** The way to attempts that other nodes run. */
  readonly away: Away;
  /** The way to the feeds of other nodes. */
  readonly peers: Peers;
  /** The same to those of them that answer the API. */
  readonly gateways: Peers;
  readonly #transport: Transport;
  readonly #peers: PeerChoice;
  readonly #options: NodeClusterOptions;

  private constructor(transport: Transport, options: NodeClusterOptions) {
    const { config, boot, url, running, log } = options;
    this.#options = options;
    this.#transport = transport;
    this.#peers = new PeerChoice(systemClock, Math.random);
    const { node } = config;
    this.cluster = new Cluster({
      clock: systemClock,
      transport,
      shards: config.shards,
      chance: Math.random,
      identity: {
        name: node.id as NodeName,
        boot,
        bornMs: systemClock.wallMs(),
        meta: {
          peer: transport.address,
          http: hasRole(config, "gateway") ? new URL(url).host : "",
          roles: node.roles,
          weight: node.weight,
          slots: slotsOf(config),
          version: VERSION,
          protocol: { min: PROTOCOL.oldest, max: PROTOCOL.newest },
          draining: false,
          leaving: false,
        },
      },
      seeds: node.seeds.map(formatEndpoint),
      resolve: addressesOf,
      load: () => ({ running: running(), waiting: 0 }),
      log,
    });
    this.away = {
      boot,
      // What is given to a node without a session is lost as soon as somebody looks.
      pick: () => this.#peers.pick(this.#others().filter(({ boot }) => this.cluster.lives(boot))),
      run: (at, shipment, refused) => void this.#run(at, { shipment, refused }),
      abort: (at, key) => this.cluster.calls.tell(at, ABORT, key),
      // A start that was lost there must come to light.
      confirm: (at, key) => void this.cluster.calls.insist(at, CONFIRM, key),
    };
    const { calls } = this.cluster;
    this.peers = {
      others: () => this.#others(),
      ask: (to, channel, body) => calls.ask(to, channel, body),
      serve: (channel, answer) => calls.serve(channel, (body, from) => answer(body, from.boot)),
    };
    const answersApi = ({ meta }: MemberView) => meta.roles.includes("gateway");
    this.gateways = { ...this.peers, others: () => this.#others().filter(answersApi) };
  }

  /** Opens the node's end; undefined when the configuration names no peer address: it is alone. */
  static async open(options: NodeClusterOptions): Promise<NodeCluster | undefined> {
    const { node, security } = options.config;
    if (node.peer === null) return undefined;
    const { curve } = security;
    const { tracer } = options.traces ?? {};
    const transport = openZmqTransport({
      node: node.id as NodeName,
      boot: options.boot,
      bind: formatEndpoint(node.peer),
      clock: systemClock,
      log: options.log,
      ...(tracer && { within: (traceparent, _channel, run) => tracer.within(traceparent, run) }),
      ...(curve !== null && { curve: await readKeys(curve.secretKeyFile, curve.allowed) }),
    });
    return new NodeCluster(transport, options);
  }

  /** Answers what other nodes ask of this one's attempts, queues, calendars and life. */
  serve(
    { dispatcher, permits, queues, calendars, drain, mayWork }: {
      readonly dispatcher: Dispatcher;
      readonly permits: PermitsDriver;
      readonly queues: QueueBook;
      readonly calendars: CalendarBook;
      readonly drain: () => void;
      /** True while new work may be started here. */
      readonly mayWork: () => boolean;
    },
  ): void {
    const { calls } = this.cluster;
    calls.serve(RUN, (shipment) => mayWork() && dispatcher.take(shipment as Shipment));
    calls.serve(ABORT, (key) => dispatcher.abort((key as AttemptKey).token));
    calls.serve(CONFIRM, (key) => dispatcher.confirm(key as AttemptKey));
    calls.serve(CALENDAR, (news) => calendars.apply(news as CalendarNews));
    calls.serve(QUEUE, (word) => {
      const { settings, version } = word as SettingsWord;
      queues.apply(settings, version);
    });
    calls.serve(CLAIM, (call) => {
      const { queue, gates } = call as ClaimCall;
      permits.called(laneOf(queue), gates);
    });
    calls.serve(DRAIN, drain);
    queues.onChange((settings, version) => {
      const word: SettingsWord = { settings, version };
      for (const { boot } of this.#others()) calls.tell(boot, QUEUE, word);
    });
  }

  /** Has another node claim again from a limiter of ours. It may be lost: the node claims in a while anyway. */
  callForClaims(to: BootId, call: ClaimCall): void {
    this.cluster.calls.tell(to, CLAIM, call);
  }

  /** Tells the other nodes what was committed of a calendar. */
  tellCalendar(news: CalendarNews): void {
    for (const { boot } of this.#others()) void this.cluster.calls.insist(boot, CALENDAR, news);
  }

  /** Every node as users see it, this one first. `fences`: how many shards each owns. */
  views(): NodeView[] {
    const shards = new Map<string, number>();
    for (const { owner } of this.cluster.fences()) {
      if (owner !== null) shards.set(owner.boot, (shards.get(owner.boot) ?? 0) + 1);
    }
    return this.cluster.members().map((member, at) =>
      viewOf(member, {
        running: at === 0 ? this.#options.running() : member.load?.running ?? 0,
        shards: shards.get(member.boot) ?? 0,
      })
    );
  }

  /** Begins the drain of another node; false when there is none of that name. Rejects with a `Fault`. */
  async drain(name: string): Promise<boolean> {
    const member = this.#others().find((other) => other.name === name);
    if (member === undefined) return false;
    await this.cluster.calls.ask(member.boot, DRAIN, null);
    return true;
  }

  /** Ends the node's end of its links. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #others(): MemberView[] {
    return this.cluster.members().slice(1).filter(({ state }) =>
      state !== "dead" && state !== "left"
    );
  }

  /** Hands an attempt to that process start; false: it has no room. Its attempt is part of the span of that. */
  async #ship(boot: BootId, shipment: Shipment): Promise<boolean> {
    const { calls } = this.cluster;
    const { order } = shipment;
    const { traces } = this.#options;
    const to = () => this.#others().find((member) => member.boot === boot)?.name ?? boot;
    const span = order.trace && traces?.dispatch(order, { ...order.trace, to: to() });
    if (span === undefined) return await calls.ask(boot, RUN, shipment) === true;
    const { traceparent } = span;
    const trace = { ...order.trace, parent: traceparent };
    try {
      const traced = { ...shipment, order: { ...order, trace } };
      const taken = await calls.ask(boot, RUN, traced, { traceparent }) === true;
      span.end(taken ? undefined : NO_ROOM);
      return taken;
    } catch (error) {
      span.end(error as Error);
      throw error;
    }
  }

  /** What becomes of an order without an answer is found out by asking whether it runs there. */
  async #run(
    boot: BootId,
    { shipment, refused }: { readonly shipment: Shipment; readonly refused: () => void },
  ): Promise<void> {
    const { calls } = this.cluster;
    try {
      if (await this.#ship(boot, shipment)) return;
      this.#peers.full(boot);
      refused();
    } catch (error) {
      const undelivered = error instanceof Fault && error.code !== "timeout";
      if (undelivered) return refused();
      void calls.insist(boot, CONFIRM, shipment.order.key);
    }
  }
}

const NO_ROOM = { name: "NoRoom", message: "the node has no room" };

function viewOf(
  { name, state, meta }: MemberView,
  { running, shards }: { readonly running: number; readonly shards: number },
): NodeView {
  return {
    id: name,
    state,
    roles: meta.roles,
    http: meta.http === "" ? null : `http://${meta.http}`,
    peer: meta.peer,
    load: { running, slots: meta.slots },
    shards,
  };
}

/** The addresses that a host name stands for now; an address stands for itself. */
async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === "localhost") return ["127.0.0.1"];
  if (/^[\d.]+$/.test(host) || host.startsWith("[")) return [host];
  const found = await Promise.allSettled([
    Deno.resolveDns(host, "A"),
    Deno.resolveDns(host, "AAAA").then((all) => all.map((one) => `[${one}]`)),
  ]);
  const addresses = found.flatMap((one) => one.status === "fulfilled" ? one.value : []);
  if (addresses.length === 0) throw new Error(`${host} stands for no address`);
  return addresses;
}
