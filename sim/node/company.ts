/**
 * Company: a process's part in its cluster, put together from the real membership, placement and courier, over a
 * network in memory.
 *
 * It does for the simulator what node/cluster.ts does for a node: only the wire and the clock are others. Attempts
 * run where their jobs are owned when they start: sending them to other executors is not simulated.
 * @module
 */
import type { Away, Dispatcher } from "../../actors/dispatch/dispatcher_driver.ts";
import type { AttemptKey } from "../../actors/executor/port.ts";
import { laneOf } from "../../actors/job/stored/indexing.ts";
import type { PermitsDriver } from "../../actors/limiter/holding/permits_driver.ts";
import type { ClaimCall } from "../../node/cluster.ts";
import { Cluster } from "../../runtime/cluster/cluster_driver.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { BootId } from "../../runtime/ids.ts";
import type { Claimant } from "../../runtime/store/port.ts";
import type { NodeSystem } from "../../runtime/system/system.ts";
import type { MemoryHub } from "../../runtime/transport/memory.ts";
import type { Transport } from "../../runtime/transport/port.ts";
import { PROTOCOL } from "../../runtime/transport/wire/message.ts";
import type { Random } from "../world/random.ts";
import { lifeTransport } from "./life_transport.ts";
import type { Lifeline } from "./lifeline.ts";

/** What a cluster is to each of its processes. */
export interface CompanyOptions {
  readonly hub: MemoryHub;
  /** Addresses of processes that may be there. */
  readonly seeds: readonly string[];
  readonly random: Random;
}

/** The process that joins. */
export interface Joiner {
  readonly claimant: Claimant;
  readonly clock: Clock;
  readonly lifeline: Lifeline;
  readonly shards: number;
  readonly slots: number;
}

/** What others reach through it. */
export interface JoinedParts {
  readonly system: NodeSystem;
  readonly dispatcher: Dispatcher;
  readonly permits: PermitsDriver;
}

const ABORT = "attempt/abort";
const CONFIRM = "attempt/confirm";
const CLAIM = "limiter/claim";

/** One process's part. */
export class Company {
  readonly cluster: Cluster;
  readonly away: Away;
  readonly #transport: Transport;

  constructor({ hub, seeds, random }: CompanyOptions, joiner: Joiner) {
    const { claimant: { node, boot }, clock, lifeline, shards, slots } = joiner;
    const address = addressOf(node);
    // Of a process that was killed: its end of the links has gone with it.
    void hub.at(address)?.close();
    this.#transport = lifeTransport(hub.open({ node, boot, address }, { log: () => {} }), lifeline);
    this.cluster = new Cluster({
      clock,
      transport: this.#transport,
      shards,
      chance: () => random.next(),
      identity: {
        name: node,
        boot,
        bornMs: clock.monotonicMs(),
        meta: {
          peer: address,
          http: "",
          roles: ["gateway", "worker"],
          weight: 1,
          slots,
          version: "0.0.0",
          protocol: { min: PROTOCOL.oldest, max: PROTOCOL.newest },
          draining: false,
          leaving: false,
        },
      },
      seeds,
      resolve: (host) => Promise.resolve([host]),
      load: () => ({ running: 0, waiting: 0 }),
      log: () => {},
    });
    this.away = {
      boot,
      pick: () => undefined,
      run: (_at, _shipment, refused) => refused(),
      abort: (at, key) => this.cluster.calls.tell(at, ABORT, key),
      confirm: (at, key) => void this.cluster.calls.insist(at, CONFIRM, key),
    };
  }

  /** Joins the process's other parts. */
  join({ system, dispatcher, permits }: JoinedParts): void {
    this.cluster.join(system);
    const { calls } = this.cluster;
    calls.serve(ABORT, (key) => dispatcher.abort((key as AttemptKey).token));
    calls.serve(CONFIRM, (key) => dispatcher.confirm(key as AttemptKey));
    calls.serve(CLAIM, (call) => {
      const { queue, gates } = call as ClaimCall;
      permits.called(laneOf(queue), gates);
    });
  }

  /** Has another process claim again from a limiter of ours. */
  callForClaims(to: BootId, call: ClaimCall): void {
    this.cluster.calls.tell(to, CLAIM, call);
  }

  /** How many processes it knows to be alive, itself included. */
  get known(): number {
    return this.cluster.members().filter(({ state }) => state === "alive").length;
  }

  /** Says goodbye, and closes its links. */
  async leave(): Promise<void> {
    await this.cluster.leave();
    await this.#transport.close();
  }
}

/** Where the machine of that name is reached. */
export function addressOf(node: string): string {
  return `${node}:1`;
}
