/**
 * TcpProxy: a way to a port of this machine that a test can close without either end being told.
 *
 * While it is cut nothing crosses, in either direction, and nobody hears why: as when a cable is pulled, what was
 * sent meanwhile comes when it is healed, unless somebody gave up.
 * @module
 */

/** A port that leads to another one. */
export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  #heal: (() => void) | undefined;
  #passable: Promise<void> = Promise.resolve();

  constructor(private readonly target: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    this.#accepting = this.#accept();
  }

  /** Nothing crosses from now on. Idempotent. */
  cut(): void {
    if (this.#heal === undefined) {
      this.#passable = new Promise((resolve) => this.#heal = resolve);
    }
  }

  /** Everything crosses again, what waited first. Idempotent. */
  heal(): void {
    this.#heal?.();
    this.#heal = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.heal();
    this.#listener.close();
    for (const connection of this.#open) close(connection);
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const near of this.#listener) serving.push(this.#serve(near));
    await Promise.all(serving);
  }

  async #serve(near: Deno.TcpConn): Promise<void> {
    this.#open.add(near);
    await this.#passable;
    try {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.target });
      this.#open.add(far);
      await Promise.all([this.#pump(near, far), this.#pump(far, near)]);
      this.#open.delete(far);
    } catch {
      close(near);
    }
    this.#open.delete(near);
  }

  /** Carries what one end says to the other until either has ended; then both have. */
  async #pump(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
        await this.#passable;
        for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
      }
    } catch {
      // An end of it was closed.
    }
    await this.#passable;
    close(from);
    close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}
