/**
 * KindGates: one gate for all actors, made of one for each kind of them.
 *
 * Intuition: jobs wait for slots; other kinds do a little bookkeeping and are gone. Each kind has its
 * own room, so that a backlog of one never keeps the others from waking.
 * @module
 */
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
