/**
 * Joining: through which addresses this node finds the others, at its start and whenever it lost them.
 *
 * Intuition: seeds are names, and names move, so they are resolved again for every attempt. While nobody is
 * known, attempts follow each other with growing pauses and never end. Later a look now and then finds seeds
 * that are missing from the view, as after a partition that lasted longer than the dead are remembered.
 *
 * Invariants:
 *   J1. There is always a next attempt until this is closed, however names resolve, or don't.
 *   J2. One resolution per seed is under way at most; each seed is asked as soon as it is resolved.
 *   J3. A name that can't be resolved now is tried at the addresses that it had last.
 * @module
 */
import type { Clock, Timer } from "../clock.ts";
import {
  JOIN_RETRY_MAX_MS,
  JOIN_RETRY_MIN_MS,
  SEED_ADDRESSES_MAX,
  SEEDS_RECHECK_MS,
} from "../limits.ts";
import type { Address } from "./messages.ts";

/** Finds the addresses of a host, e.g. of `nodes.local`: `10.0.0.1`, `fd00::1`. May reject. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** What joining needs. */
export interface JoiningOptions {
  readonly clock: Clock;
  /** Draws from [0, 1). */
  readonly chance: () => number;
  /** `host:port`, the host being a name or an address. */
  readonly seeds: readonly Address[];
  readonly resolve: Resolve;
  /** True while other members are live. */
  readonly hasJoined: () => boolean;
  /** True for addresses of this node and of live members: nobody needs to be asked there. */
  readonly isKnown: (address: Address) => boolean;
  /** Asks the nodes at these addresses. */
  readonly join: (addresses: readonly Address[]) => void;
}

interface Seed {
  readonly text: Address;
  readonly host: string;
  readonly port: string;
  resolving: boolean;
  /** What it resolved to last. */
  addresses: readonly Address[];
}

/** The attempts of one node to join. */
export class Joining {
  readonly #options: JoiningOptions;
  readonly #seeds: readonly Seed[];
  #timer: Timer | undefined;
  #pauseMs = JOIN_RETRY_MIN_MS;
  #closed = false;

  constructor(options: JoiningOptions) {
    this.#options = options;
    this.#seeds = options.seeds.map(seedOf);
  }

  /** Makes an attempt now, and others after it (J1). Without seeds it does nothing. */
  attempt(): void {
    if (this.#closed || this.#seeds.length === 0) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.#nextPauseMs(), () => this.attempt());
    for (const seed of this.#seeds) {
      if (!this.#options.isKnown(seed.text)) this.#ask(seed);
    }
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #nextPauseMs(): number {
    if (this.#options.hasJoined()) {
      this.#pauseMs = JOIN_RETRY_MIN_MS;
      return SEEDS_RECHECK_MS;
    }
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(JOIN_RETRY_MAX_MS, 2 * pauseMs);
    // Nodes that start together must not ask in step.
    return pauseMs * (1 + this.#options.chance()) / 2;
  }

  #ask(seed: Seed): void {
    if (isIpAddress(seed.host)) return this.#join([seed.text]);
    if (seed.resolving) return;
    seed.resolving = true;
    this.#options.resolve(seed.host).then((hosts) => {
      const share = Math.max(1, Math.floor(SEED_ADDRESSES_MAX / this.#seeds.length));
      seed.addresses = hosts.slice(0, share).map((host) => addressOf(host, seed.port));
    }, () => {}).then(() => {
      seed.resolving = false;
      this.#join(seed.addresses);
    });
  }

  #join(addresses: readonly Address[]): void {
    const unknown = addresses.filter((address) => !this.#options.isKnown(address));
    if (!this.#closed && unknown.length > 0) this.#options.join(unknown);
  }
}

function seedOf(text: Address): Seed {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { text, host, port: text.slice(colon + 1), resolving: false, addresses: [] };
}

function isIpAddress(host: string): boolean {
  return host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host);
}

function addressOf(host: string, port: string): Address {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
