/**
 * KindGates: one gate for all actors, made of one for each kind of them.
 *
 * Intuition: jobs wait for slots; other kinds do a little bookkeeping and are gone. Each kind has its
 * own room, so that a backlog of one never keeps the others from waking.
 * @module
 */
import type { ActorId } from "../ids.ts";
import { type DueEntry, kindOfLane } from "../snapshot.ts";
import type { Room, WakeGate } from "./gate.ts";

/** The gates of the kinds that have one; actors of other kinds are woken as they come. */
export class KindGates implements WakeGate {
  constructor(private readonly gates: Readonly<Record<string, WakeGate>>) {}

  reserve(entry: DueEntry): Room {
    return this.gates[kindOfLane(entry.lane)]?.reserve(entry) ?? "held";
  }

  settled(entry: DueEntry): void {
    this.gates[kindOfLane(entry.lane)]?.settled(entry);
  }
}

/** Lets so many actors be awake at once. */
export class BoundedGate implements WakeGate {
  #awake = 0;

  constructor(private readonly max: number) {}

  reserve(): Room {
    if (this.#awake >= this.max) return "no-line";
    this.#awake++;
    return "held";
  }

  settled(): void {
    this.#awake--;
  }
}

/**
 * Lets so many actors be at work at once whose wake-up begins something outside of them that moves them on
 * when it is done. Until then they stay due, and must not be woken again.
 */
export class WorkGate implements WakeGate {
  #waking = 0;
  readonly #atWork = new Set<ActorId>();

  /** `freed` is called when there is room again. */
  constructor(private readonly max: number, private readonly freed: () => void) {}

  reserve({ id }: DueEntry): Room {
    if (this.#waking + this.#atWork.size >= this.max || this.#atWork.has(id)) return "no-line";
    this.#waking++;
    return "held";
  }

  settled(): void {
    this.#waking--;
  }

  /** The work of `id` begins; false when it is under way. */
  begin(id: ActorId): boolean {
    if (this.#atWork.has(id)) return false;
    this.#atWork.add(id);
    return true;
  }

  /** The work of `id` has ended, and whatever came of it is committed. */
  end(id: ActorId): void {
    if (this.#atWork.delete(id)) this.freed();
  }
}
