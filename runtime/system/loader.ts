/**
 * Loader: reads the snapshots of actors that are being activated, many per call.
 *
 * Invariant: L1. Each asked cell is answered once, with `loaded` or `loadFailed`; loads asked for in
 * one turn of the event loop go out together, `LOAD_IDS_MAX` per call.
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
  #freshChars = 0;

  constructor(private readonly store: Pick<Store, "load">) {}

  /** Answers `cell` soon (L1). A fresh snapshot answers at once, and is then forgotten. */
  load(cell: HostedCell): void {
    const fresh = this.#takeFresh(cell.id);
    if (fresh) return cell.loaded(fresh);
    if (this.#asked.push(cell) === 1) queueMicrotask(() => this.#flush());
  }

  /**
   * Remembers a snapshot that was just inserted and will be woken soon, to spare its load. Nobody but
   * this node's owner of the shard may have moved it since; a stale one costs a conflict, not more.
   */
  remember(snapshot: Snapshot): void {
    const chars = snapshot.head.length + snapshot.body.length;
    if (this.#freshChars + chars > FRESH_CHARS_MAX) return;
    this.#fresh.set(snapshot.id, snapshot);
    this.#freshChars += chars;
  }

  /** Forgets a remembered snapshot. */
  forget(id: ActorId): void {
    this.#takeFresh(id);
  }

  #takeFresh(id: ActorId): Snapshot | undefined {
    const fresh = this.#fresh.get(id);
    if (!fresh) return undefined;
    this.#fresh.delete(id);
    this.#freshChars -= fresh.head.length + fresh.body.length;
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
