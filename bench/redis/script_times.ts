/**
 * ScriptTimes: how long scripts held a Redis (7 or later), by the server's own histogram.
 * @module
 */
import { Redis } from "../../deps.ts";

/** The times of the scripts of one phase, ms of the wall clock; on a busy machine they hold pauses of the server. */
export interface ScriptTimes {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One phase: its scripts, if there were any, and what it took of the server's processor, ms. */
export interface Phase {
  readonly scripts: ScriptTimes | undefined;
  readonly cpuMs: number;
}

/** The times of `EVALSHA` in what a server says of its statistics; undefined when there was none. */
export function scriptTimesIn(info: string): ScriptTimes | undefined {
  const count = /^cmdstat_evalsha:calls=(\d+)/m.exec(info)?.[1];
  const [, p50, p99, max] =
    /^latency_percentiles_usec_evalsha:p50=([\d.]+),p99=([\d.]+),p100=([\d.]+)/m.exec(info) ?? [];
  if (count === undefined || max === undefined) return undefined;
  return {
    count: Number(count),
    p50: Number(p50) / 1_000,
    p99: Number(p99) / 1_000,
    max: Number(max) / 1_000,
  };
}

/** Watches one server. */
export class ScriptWatch {
  readonly #redis: Redis;

  private constructor(redis: Redis) {
    this.#redis = redis;
  }

  static async on(port: number): Promise<ScriptWatch> {
    const redis = new Redis({ host: "127.0.0.1", port });
    await redis.config("SET", "latency-tracking-info-percentiles", "50 99 100");
    return new ScriptWatch(redis);
  }

  /** Runs `phase` and tells what it took. */
  async during(phase: () => Promise<unknown>): Promise<Phase> {
    await this.#redis.config("RESETSTAT");
    const before = await this.#cpuMs();
    await phase();
    const cpuMs = await this.#cpuMs() - before;
    const stats = await this.#redis.info("latencystats") + await this.#redis.info("commandstats");
    return { scripts: scriptTimesIn(stats), cpuMs };
  }

  /** Of the thread that runs commands. */
  async #cpuMs(): Promise<number> {
    const info = await this.#redis.info("cpu");
    const spent = info.matchAll(/used_cpu_(?:user|sys)_main_thread:([\d.]+)/g);
    return [...spent].reduce((sum, [, seconds]) => sum + Number(seconds) * 1_000, 0);
  }

  close(): void {
    this.#redis.disconnect();
  }
}
