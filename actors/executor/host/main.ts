/**
 * Executor-host: the process in which handlers' workers live, so that what kills a process kills only this one.
 *
 * Started by the node (pool/host_process.ts) with two arguments: the path of the socket to connect to, and the
 * limits as JSON. It ends when the connection does, so that it never outlives its node.
 *
 * Not here: every decision (scheduler.ts, watch.ts). This file turns effects into workers and messages.
 * @module
 */
import { setPriority } from "node:os";
import { invariant, unreachable } from "../../../runtime/fault.ts";
import { Channel } from "../pool/channel.ts";
import { EXIT_MEMORY, type HostCommand, type HostEvent } from "../pool/protocol.ts";
import { describeAll } from "./describer.ts";
import type { HostLimits, SchedulerEffect, SchedulerEvent } from "./events.ts";
import { HostScheduler } from "./scheduler.ts";
import { WorkerLink } from "./worker_link.ts";

/** How often workers are looked at while anything is under way, ms. */
const WATCH_MS = 10;
/** How often they are looked at otherwise, ms. */
const WATCH_IDLE_MS = 500;
/** Of a solo host: low, but not starved. */
const SOLO_NICENESS = 10;
const MIB = 1024 * 1024;

/** The driver of one host. */
class Host {
  readonly #scheduler: HostScheduler;
  readonly #channel: Channel<HostEvent, HostCommand>;
  readonly #links = new Map<number, WorkerLink>();
  readonly #dirty = new Set<WorkerLink>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerMs = 0;

  constructor(limits: HostLimits, channel: Channel<HostEvent, HostCommand>) {
    this.#scheduler = new HostScheduler(limits);
    this.#channel = channel;
    this.#watch();
  }

  /** Serves the node until the connection ends. */
  serve(): Promise<void> {
    return this.#channel.listen((batch) => {
      for (const command of batch) this.#obey(command);
      this.#flush();
    });
  }

  /** Describing and pings need no scheduling; everything else does. */
  #obey(command: HostCommand): void {
    switch (command.kind) {
      case "ping":
        return this.#channel.send({ kind: "pong" });
      case "describe":
        return void describeAll(command.urls, (message) => this.#channel.send(message));
      default:
        this.#step(command);
    }
  }

  /** One event of the scheduler; posts are gathered until the turn's `#flush`. */
  #step(event: SchedulerEvent): void {
    for (const effect of this.#scheduler.step(event, performance.now())) this.#perform(effect);
    if (this.#timerMs !== WATCH_MS && this.#busy()) this.#watch();
  }

  #perform(effect: SchedulerEffect): void {
    switch (effect.kind) {
      case "spawn":
        return this.#spawn(effect.seat);
      case "terminate":
        this.#links.get(effect.seat)?.terminate();
        this.#links.delete(effect.seat);
        return;
      case "post": {
        const link = this.#links.get(effect.seat);
        if (!link) return;
        link.post(effect.command);
        this.#dirty.add(link);
        return;
      }
      case "tell":
        return this.#channel.send(effect.event);
      case "die":
        // What was just told must leave the process before it ends.
        setTimeout(() => Deno.exit(EXIT_MEMORY), WATCH_MS);
        return;
      default:
        unreachable(effect);
    }
  }

  /** Starts a worker whose news become events. */
  #spawn(seat: Extract<SchedulerEffect, { kind: "spawn" }>["seat"]): void {
    const on = (event: SchedulerEvent) => {
      this.#step(event);
      this.#flush();
    };
    const link = new WorkerLink(seat, {
      up: () => on({ kind: "seat-up", seat: seat.id }),
      down: (problem) => on({ kind: "seat-down", seat: seat.id, problem }),
      said: (events) => on({ kind: "worker-said", seat: seat.id, events }),
    });
    this.#links.set(seat.id, link);
  }

  /** Sends what was posted: one call per worker and turn. */
  #flush(): void {
    for (const link of this.#dirty) link.flush();
    this.#dirty.clear();
  }

  /** Something is under way that may hang. */
  #busy(): boolean {
    if (this.#scheduler.load > 0) return true;
    for (const seat of this.#scheduler.seats.values()) if (!seat.up) return true;
    return false;
  }

  /** Sets the next look; an idle host looks rarely. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#timerMs = this.#busy() ? WATCH_MS : WATCH_IDLE_MS;
    this.#timer = setTimeout(() => {
      this.#step({ kind: "tick", rssMiB: Deno.memoryUsage().rss / MIB });
      this.#flush();
      this.#watch();
    }, this.#timerMs);
  }
}

if (import.meta.main) {
  const [path, limits] = Deno.args;
  invariant(path && limits, "an executor-host is started by a node");
  // Terminals and service managers signal whole groups; the node alone decides when its hosts end.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
  const bounds = JSON.parse(limits) as HostLimits;
  // Who was sent here has shown what it can do to others: it gets what processor time they leave.
  if (bounds.solo) setPriority(SOLO_NICENESS);
  const connection = await Deno.connect({ transport: "unix", path });
  await new Host(bounds, new Channel(connection)).serve();
  Deno.exit(0);
}
