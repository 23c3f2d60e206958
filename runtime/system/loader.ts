/**
 * Loader: reads the snapshots of actors that are being activated, many per call.
 *
 * Invariants: L1. Each asked cell is answered once, with `loaded` or `loadFailed`; loads asked for in
 * one turn of the event loop go out together, `LOAD_IDS_MAX` per call.
 * L2. A remembered snapshot is one that no actor of this node has been given since its insert was sent.
 * @module
 */
import type { ActorId } from "../ids.ts";
import { FRESH_CHARS_MAX, LOAD_IDS_MAX } from "../limits.ts";
import type { Snapshot } from "../snapshot.ts";
import type { Store } from "../store/port.ts";
import type { HostedCell } from "./cell_host.ts";

/** Batches loads, and remembers what was inserted a moment ago. */
export class Loader {
  #asked: HostedCell[] = [];
  readonly #fresh = new Map<ActorId, Snapshot>();
  /** Being inserted; nobody has read them yet. */
  readonly #expected = new Set<ActorId>();
  #freshChars = 0;

  constructor(private readonly store: Pick<Store, "load">) {}

  /** Answers `cell` soon (L1). A fresh snapshot answers at once, and is then forgotten. */
  load(cell: HostedCell): void {
    this.#expected.delete(cell.id);
    const fresh = this.#takeFresh(cell.id);
    if (fresh) return cell.loaded(fresh);
    if (this.#asked.push(cell) === 1) queueMicrotask(() => this.#flush());
  }

  /** An insert of `id` is under way: its snapshot may soon be remembered. */
  expect(id: ActorId): void {
    this.#expected.add(id);
  }

  /** The insert came to nothing. */
  unexpect(id: ActorId): void {
    this.#expected.delete(id);
  }

  /**
   * Remembers an expected snapshot that will be woken soon, to spare its load. One that was loaded
   * before its insert was answered is not remembered: it may have moved since (L2). Beyond
   * `FRESH_CHARS_MAX` the oldest are forgotten: they wait in a queue that is paused or long.
   */
  remember(snapshot: Snapshot): void {
    if (!this.#expected.delete(snapshot.id)) return;
    this.#takeFresh(snapshot.id);
    this.#fresh.set(snapshot.id, snapshot);
    this.#freshChars += charsOf(snapshot);
    for (const id of this.#fresh.keys()) {
      if (this.#freshChars <= FRESH_CHARS_MAX) break;
      this.#takeFresh(id);
    }
  }

  /** Forgets all that is remembered: others may move it from now on. */
  forgetAll(): void {
    this.#fresh.clear();
    this.#freshChars = 0;
  }

  #takeFresh(id: ActorId): Snapshot | undefined {
    const fresh = this.#fresh.get(id);
    if (!fresh) return undefined;
    this.#fresh.delete(id);
    this.#freshChars -= charsOf(fresh);
    return fresh;
  }

  #flush(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (let at = 0; at < asked.length; at += LOAD_IDS_MAX) {
      void this.#read(asked.slice(at, at + LOAD_IDS_MAX));
    }
  }

  async #read(cells: readonly HostedCell[]): Promise<void> {
    let snapshots: readonly (Snapshot | undefined)[];
    try {
      snapshots = await this.store.load(cells.map((cell) => cell.id));
    } catch {
      for (const cell of cells) cell.loadFailed();
      return;
    }
    for (const [at, cell] of cells.entries()) cell.loaded(snapshots[at]);
  }
}

function charsOf({ head, body }: Snapshot): number {
  return head.length + body.length;
}
