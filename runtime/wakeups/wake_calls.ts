/**
 * WakeCalls: what each kind of actor is told when its time has come.
 * @module
 */
import type { Settled } from "../actor/envelope.ts";
import type { ActorId } from "../ids.ts";
import { type DueEntry, kindOfLane } from "../snapshot.ts";
import type { WakeEnd } from "./window_events.ts";

/** What a kind's actors are told when they are due, and when they are due and wait for room. */
export interface Waking {
  readonly wake: (id: ActorId) => unknown;
  readonly overdue: (() => unknown) | null;
}

/** What it needs of its node. */
export interface WakeCallsOptions {
  readonly tell: (
    to: { readonly kind: string; readonly id: ActorId },
    message: unknown,
    settle: (settled: Settled<unknown>) => void,
  ) => void;
  readonly log: (
    level: "error",
    message: string,
    fields: Readonly<Record<string, unknown>>,
  ) => void;
}

/** The kinds that can be woken. */
export class WakeCalls {
  readonly #kinds = new Map<string, Waking>();

  constructor(private readonly options: WakeCallsOptions) {}

  /** Makes a kind known. */
  register(kind: string, waking: Waking): void {
    this.#kinds.set(kind, waking);
  }

  /** Wakes an actor; `settle` is called once when its handling ended, or when nobody was there to handle it. */
  wake(entry: DueEntry, settle: (end: WakeEnd) => void): void {
    const kind = kindOfLane(entry.lane);
    const waking = this.#kinds.get(kind);
    if (!waking) {
      // Left by another version of the program: it waits, visibly, and harms nobody.
      this.options.log("error", "nobody takes this wake-up", { event: "wakeup.untaken", ...entry });
      return settle("handled");
    }
    this.options.tell({ kind, id: entry.id }, waking.wake(entry.id), (settled) => {
      settle(settled.kind === "busy" ? "unreached" : "handled");
    });
  }

  /** Tells an actor that it became due and waits. */
  overdue(entry: DueEntry): void {
    const kind = kindOfLane(entry.lane);
    const message = this.#kinds.get(kind)?.overdue?.();
    if (message !== undefined) this.options.tell({ kind, id: entry.id }, message, () => {});
  }
}
