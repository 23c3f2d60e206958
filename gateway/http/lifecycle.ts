/**
 * Lifecycle: what is under way, and whether new work is taken.
 *
 * States: taking → stopping (stop). Invariants: C1. Once stopping, never taking again.
 * C2. `whenIdle` resolves as soon as nothing is under way, and not before.
 * @module
 */

/** Counts what is under way; shared by all requests of a gateway. */
export class Lifecycle {
  readonly #stop = new AbortController();
  readonly #idle: (() => void)[] = [];
  #underWay = 0;

  /** Aborts when the stop begins: long requests end then. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Something began; {@link end} must follow exactly once. */
  begin(): void {
    this.#underWay++;
  }

  end(): void {
    if (--this.#underWay > 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }

  /** Takes no new work from now on (C1). Idempotent. */
  stop(): void {
    this.#stop.abort();
  }

  /** Resolves once nothing is under way (C2). */
  whenIdle(): Promise<void> {
    if (this.#underWay === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
