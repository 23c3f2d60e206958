/**
 * LaneRounds: which page of the store's lanes is to be read next.
 *
 * Intuition: lanes without keys are few: every rescan looks at all of them. Those with keys may be very many: a
 * rescan looks at one page, and goes round in the course of time; a round goes through all pages at once.
 *
 * Invariants: LR1. One page is read at a time. LR2. A round that is wanted begins after it was, however far another
 * one is.
 * @module
 */
import type { LanesPage } from "../store/port.ts";

/** What is read: null: the lanes without keys. */
export interface LanesRead {
  readonly kind: "read-lanes";
  readonly after: string | null;
}

/** The pages of one window. */
export class LaneRounds {
  #plain = true;
  #page = false;
  #round: "none" | "wanted" | "under-way" = "wanted";
  /** The first page of lanes with keys; null when there are none. */
  #start: string | null = null;
  /** The page that follows; null: the first. */
  #after: string | null = null;
  #reading = false;

  /** True when the store was last seen to have lanes with keys. */
  get hasKeys(): boolean {
    return this.#start !== null;
  }

  /** All lanes must be looked at (LR2). */
  wantAll(): void {
    this.#plain = true;
    this.#round = "wanted";
  }

  /** The lanes without keys must be, and some of the others. */
  wantSome(): void {
    this.#plain = true;
    this.#page = true;
  }

  /** The read that must begin now (LR1); `more`: there is reason to look at another page. */
  next({ more }: { more: boolean }): LanesRead | undefined {
    if (this.#reading) return undefined;
    if (this.#plain) {
      this.#plain = false;
      return this.#read(null);
    }
    if (this.#start === null || !(more || this.#page || this.#round !== "none")) return undefined;
    if (this.#round === "wanted") {
      this.#round = "under-way";
      this.#after = null;
    }
    this.#page = false;
    return this.#read(this.#after ?? this.#start);
  }

  /** A page was read; true when it was the first of all lanes with keys. */
  read({ after, next }: Pick<LanesPage, "next"> & Pick<LanesRead, "after">): boolean {
    this.#reading = false;
    if (after === null) {
      this.#start = next;
      if (next === null) this.#round = "none";
      return false;
    }
    this.#after = next;
    if (next === null && this.#round === "under-way") this.#round = "none";
    return after === this.#start;
  }

  /** It could not be read. */
  failed({ after }: LanesRead): void {
    this.#reading = false;
    if (after === null) this.#plain = true;
    else this.#page = true;
  }

  #read(after: string | null): LanesRead {
    this.#reading = true;
    return { kind: "read-lanes", after };
  }
}
