/**
 * HostScheduler: places attempts in workers, and makes sure that each ends exactly once.
 *
 * Intuition: attempts wait in the queue of their profile until a worker can take them, are offered to it, and
 * end when it says so, or when the watch decides that it never will. What a worker had not begun goes
 * back to the head of the queue; what it had begun ends as `interrupted` unless it is to blame itself.
 *
 *     waiting → offered → started → ended        offered → (revoked) → waiting
 *
 * Invariants: G1. A ticket ends once (E1). G2. An attempt is revoked before it is offered elsewhere (E2). G3. At most
 * `seatsMax` workers exist; attempts beyond wait. G4. A seat that stops an attempt takes no new one.
 * Not here: when something hangs (watch.ts), workers and Comlink (worker_link.ts).
 * @module
 */
import { unreachable } from "../../../runtime/fault.ts";
import type {
  Profile,
  Saying,
  StopReason,
  WireOrder,
  WorkerCommand,
  WorkerEvent,
} from "../pool/protocol.ts";
import type { AttemptOutcome } from "../port.ts";
import { Crew } from "./crew.ts";
import type { HostLimits, SchedulerEffect, SchedulerEvent } from "./events.ts";
import { type HostedAttempt, Seat } from "./seat.ts";
import { broke, interrupted, lost, stopped, stoppedBefore } from "./verdicts.ts";
import { Watch } from "./watch.ts";

/** Workers in a row that may fail to start before the attempts that wait for them are told. */
const FAILED_STARTS_MAX = 3;

/** The scheduling core of one host. */
export class HostScheduler {
  readonly limits: HostLimits;
  readonly crews = new Map<string, Crew>();
  readonly seats = new Map<number, Seat>();
  readonly #attempts = new Map<number, HostedAttempt>();
  readonly #watch: Watch;
  #effects: SchedulerEffect[] = [];
  #nowMs = 0;
  #nextSeat = 1;
  #warmTold = true;

  constructor(limits: HostLimits) {
    this.limits = limits;
    this.#watch = new Watch(this);
  }

  /** Attempts in this host. */
  get load(): number {
    return this.#attempts.size;
  }

  /** Takes one event at `nowMs` (monotonic) and returns what follows. */
  step(event: SchedulerEvent, nowMs: number): readonly SchedulerEffect[] {
    this.#nowMs = nowMs;
    this.#effects = [];
    switch (event.kind) {
      case "load":
        this.#load(event.profiles);
        break;
      case "run":
        this.#run(event.order);
        break;
      case "abort": {
        const attempt = this.#attempts.get(event.ticket);
        if (attempt) this.stop(attempt, event.reason);
        break;
      }
      case "answer": {
        const place = this.#attempts.get(event.ticket)?.place;
        if (place) {
          const { slot, sequence } = place;
          const { request, problem } = event;
          this.#post(place.seat, { kind: "answer", slot, sequence, request, problem });
        }
        break;
      }
      case "seat-up":
        this.#seatUp(event.seat);
        break;
      case "seat-down": {
        const seat = this.seats.get(event.seat);
        if (seat) this.seatFailed(seat, event.problem);
        break;
      }
      case "worker-said":
        for (const said of event.events) this.#workerSaid(event.seat, said);
        break;
      case "tick":
        this.#watch.tick(nowMs, event.rssMiB);
        break;
      default:
        unreachable(event);
    }
    return this.#effects;
  }

  /** Every attempt in this host. */
  attempts(): IterableIterator<HostedAttempt> {
    return this.#attempts.values();
  }

  /** Adds an effect. */
  emit(effect: SchedulerEffect): void {
    this.#effects.push(effect);
  }

  /** Ends `attempt` (G1) and lets its seat go on. */
  end(attempt: HostedAttempt, outcome: AttemptOutcome): void {
    if (!this.#attempts.delete(attempt.order.ticket)) return;
    const seat = attempt.place?.seat;
    seat?.release(attempt, this.#nowMs);
    this.#tell(attempt, { kind: "ended", outcome });
    const crew = this.crews.get(attempt.order.profile);
    if (seat?.retiring && seat.attempts.size === 0) this.terminate(seat);
    if (crew && crew.waiting > 0) this.fill(crew);
  }

  /** Asks `attempt` to stop: it ends at once if it has not begun or blocks its own worker. */
  stop(attempt: HostedAttempt, reason: StopReason): void {
    const place = attempt.place;
    if (place === null || place.seat.table.revoke(place.slot, place.sequence)) {
      this.#dequeue(attempt);
      this.end(attempt, stoppedBefore(reason, attempt.order.timeoutMs));
      return;
    }
    if (attempt.stopping) return;
    attempt.stopping = { reason, sinceMs: this.#nowMs };
    if (place.seat.blocker(this.#nowMs) === attempt) {
      this.kill(place.seat, { to: attempt });
    } else {
      const { slot, sequence } = place;
      this.#post(place.seat, { kind: "abort", slot, sequence, reason });
      this.refill(place.seat);
    }
  }

  /** Takes back what `seat` has not begun and places it elsewhere (G2). Tells how many there were. */
  takeBack(seat: Seat): number {
    const crew = this.crews.get(seat.profile.id);
    const revoked = seat.unclaimed().filter((attempt) =>
      attempt.place && seat.table.revoke(attempt.place.slot, attempt.place.sequence)
    );
    for (const attempt of revoked) seat.release(attempt, this.#nowMs);
    if (!crew || revoked.length === 0) return 0;
    crew.exclusive.unshift(...revoked.filter((attempt) => attempt.order.exclusive));
    crew.shared.unshift(...revoked.filter((attempt) => !attempt.order.exclusive));
    return revoked.length;
  }

  /** Terminates `seat`; `to`, if any, ends as its stop says, the others as `interrupted` (E3) for `why`. */
  kill(
    seat: Seat,
    { to, why = "another attempt in its worker had to be terminated" }: {
      to: HostedAttempt | null;
      why?: string;
    },
  ): void {
    const crew = this.crews.get(seat.profile.id);
    this.takeBack(seat);
    const attempts = [...seat.attempts.values()];
    this.terminate(seat);
    for (const attempt of attempts) {
      // Who was cancelled or drained meanwhile has got what was asked for, whoever the worker died of.
      const own = attempt === to || attempt.stopping && attempt.stopping.reason !== "timeout";
      this.end(
        attempt,
        own && attempt.stopping
          ? stopped(attempt.stopping.reason, attempt.order.timeoutMs)
          : interrupted(why),
      );
    }
    if (crew) this.fill(crew);
  }

  /** Ends the worker of `seat`; its attempts are the caller's to end. */
  terminate(seat: Seat): void {
    if (!this.seats.delete(seat.id)) return;
    const crew = this.crews.get(seat.profile.id);
    crew?.seats.splice(crew.seats.indexOf(seat), 1);
    this.emit({ kind: "terminate", seat: seat.id });
  }

  /** Lets `seat` take no new attempts, and puts another in its place. */
  retire(seat: Seat): void {
    seat.retiring = true;
    if (seat.attempts.size === 0) this.terminate(seat);
    this.refill(seat);
  }

  /** Places what waits for the profile of `seat`, which is of less use than before. */
  refill(seat: Seat): void {
    const crew = this.crews.get(seat.profile.id);
    if (crew) this.fill(crew);
  }

  /** Places waiting attempts, and starts the workers that are missing. */
  fill(crew: Crew): void {
    while (crew.exclusive.length > 0) {
      const seat = crew.emptySeat();
      if (!seat) break;
      this.#offer(seat, crew.exclusive.shift());
    }
    while (crew.shared.length > 0) {
      const seat = crew.sharedSeat();
      if (!seat) break;
      this.#offer(seat, crew.shared.shift());
    }
    if (crew.failedStarts >= FAILED_STARTS_MAX && crew.waiting === 0) return;
    for (let missing = crew.missing(); missing > 0 && this.#haveRoom(crew); missing--) {
      this.#spawn(crew);
    }
  }

  /** Comes once in a shared host's life, and again for each attempt of a solo one, with the same profile. */
  #load(profiles: readonly Profile[]): void {
    this.#warmTold = false;
    for (const profile of profiles) {
      if (this.crews.has(profile.id)) continue;
      const warm = this.crews.size < this.limits.warmProfilesMax;
      const crew = new Crew(profile, { size: this.limits.size, warm });
      this.crews.set(profile.id, crew);
      this.fill(crew);
    }
    this.#tellWarm();
  }

  /** Takes an attempt in: from here on it must end (G1). */
  #run(order: WireOrder): void {
    const attempt: HostedAttempt = {
      order,
      place: null,
      offeredAtMs: this.#nowMs,
      startedAtMs: null,
      stopping: null,
      suspected: null,
    };
    this.#attempts.set(order.ticket, attempt);
    const crew = this.crews.get(order.profile);
    if (!crew) return this.end(attempt, interrupted("its handler was reloaded"));
    (order.exclusive ? crew.exclusive : crew.shared).push(attempt);
    this.fill(crew);
  }

  /** Hands an attempt to a worker; it has begun only when the worker has claimed it. */
  #offer(seat: Seat, attempt: HostedAttempt | undefined): void {
    if (!attempt) return;
    const { slot, sequence } = seat.offer(attempt, this.#nowMs);
    this.#post(seat, { kind: "start", slot, sequence, order: attempt.order });
    if (seat.served >= this.limits.recycleAfter) seat.retiring = true;
  }

  /** Starts a worker; it takes attempts once it is up. */
  #spawn(crew: Crew): void {
    const seat = new Seat(this.#nextSeat++, { profile: crew.profile, nowMs: this.#nowMs });
    this.seats.set(seat.id, seat);
    crew.seats.push(seat);
    this.emit({ kind: "spawn", seat });
  }

  /** Room for one more worker (G3), if need be made by ending one that is idle in another profile. */
  #haveRoom(wanting: Crew): boolean {
    if (this.seats.size < this.limits.seatsMax) return true;
    if (wanting.seats.some((seat) => seat.healthy)) return false;
    let idlest: Seat | null = null;
    for (const seat of this.seats.values()) {
      const idle = seat.attempts.size === 0 && seat.profile.id !== wanting.profile.id;
      if (idle && (idlest === null || seat.idleSinceMs < idlest.idleSinceMs)) idlest = seat;
    }
    if (!idlest) return false;
    this.terminate(idlest);
    return true;
  }

  /** A worker has loaded its handlers. */
  #seatUp(id: number): void {
    const seat = this.seats.get(id);
    const crew = seat && this.crews.get(seat.profile.id);
    if (!crew) return;
    seat.up = true;
    crew.failedStarts = 0;
    this.fill(crew);
    this.#tellWarm();
  }

  /** The worker of `seat` is gone, or never came up. */
  seatFailed(seat: Seat, problem: string): void {
    const crew = this.crews.get(seat.profile.id);
    if (!crew) return;
    this.takeBack(seat);
    const attempts = [...seat.attempts.values()];
    this.terminate(seat);
    const [alone, ...more] = attempts;
    if (alone && more.length === 0) this.end(alone, broke("WorkerDied", problem));
    else for (const attempt of attempts) this.end(attempt, lost(problem));
    if (!seat.up && ++crew.failedStarts >= FAILED_STARTS_MAX) {
      const why = `no worker could be started for it: ${problem}`;
      for (const attempt of [...crew.exclusive.splice(0), ...crew.shared.splice(0)]) {
        this.end(attempt, broke("WorkerStartError", why));
      }
    }
    this.fill(crew);
    this.#tellWarm();
  }

  /** Passes on what an attempt says; what belongs to no attempt of this offer is late or forged, and dropped. */
  #workerSaid(id: number, [slot, sequence, saying]: WorkerEvent): void {
    const attempt = this.seats.get(id)?.attempts.get(slot);
    if (!attempt || attempt.place?.sequence !== sequence) return;
    if (saying.kind !== "ended") return this.#tell(attempt, saying);
    const { stopping, order } = attempt;
    this.end(attempt, stopping ? stopped(stopping.reason, order.timeoutMs) : saying.outcome);
  }

  /** Takes an attempt out of the queues. Cost: O(waiting). */
  #dequeue(attempt: HostedAttempt): void {
    const crew = this.crews.get(attempt.order.profile);
    for (const queue of crew ? [crew.shared, crew.exclusive] : []) {
      const at = queue.indexOf(attempt);
      if (at >= 0) queue.splice(at, 1);
    }
  }

  /** Once per load: every warm crew has a worker, or cannot have one. */
  #tellWarm(): void {
    if (this.#warmTold) return;
    for (const crew of this.crews.values()) {
      const settled = !crew.warm || crew.failedStarts >= FAILED_STARTS_MAX ||
        crew.seats.length > 0 && crew.seats.every((seat) => seat.up);
      if (!settled) return;
    }
    this.#warmTold = true;
    this.emit({ kind: "tell", event: { kind: "warm" } });
  }

  #post(seat: Seat, command: WorkerCommand): void {
    this.emit({ kind: "post", seat: seat.id, command });
  }

  #tell(attempt: HostedAttempt, saying: Saying): void {
    this.emit({ kind: "tell", event: { kind: "said", ticket: attempt.order.ticket, saying } });
  }
}
