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
  /** Fresh snapshots in two generations: forgetting drops the older one whole, and so costs nothing per job. */
  #young = new Map<ActorId, Snapshot>();
  #old = new Map<ActorId, Snapshot>();
  #youngChars = 0;
  /** Being inserted; nobody has read them yet. */
  readonly #expected = new Set<ActorId>();

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
   * before its insert was answered is not remembered: it may have moved since (L2). The newest half of
   * `FRESH_CHARS_MAX` at least are kept, the rest forgotten: they wait in a queue that is paused or long.
   */
  remember(snapshot: Snapshot): void {
    if (!this.#expected.delete(snapshot.id)) return;
    this.#old.delete(snapshot.id); // At most one per id, whatever was deleted and inserted again.
    this.#young.set(snapshot.id, snapshot);
    this.#youngChars += snapshot.head.length + snapshot.body.length;
    if (this.#youngChars < FRESH_CHARS_MAX / 2) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngChars = 0;
  }

  /** Forgets all that is remembered: others may move it from now on. */
  forgetAll(): void {
    this.#young.clear();
    this.#old.clear();
    this.#youngChars = 0;
  }

  #takeFresh(id: ActorId): Snapshot | undefined {
    for (const generation of [this.#young, this.#old]) {
      const fresh = generation.get(id);
      if (fresh === undefined) continue;
      generation.delete(id);
      return fresh;
    }
    return undefined;
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
