/**
 * Weather: what befalls calls to the store, in fair times and in foul.
 * @module
 */
import type { FaultPlan, StoreOp } from "../../runtime/store/faulty.ts";
import type { Weather } from "../plan.ts";
import type { Random } from "./random.ts";

/** How long a caller waits for an answer that does not come, ms. */
const PATIENCE_MS_MAX = 2_000;
/** How much later than its time-out a call may still take effect, ms. */
const LATE_MS_MAX = 3_000;

/** The weather of one run. */
export class Sky {
  weather: Weather = "fair";

  constructor(private readonly random: Random, private readonly latencyMsMax: number) {}

  /** The fate of the next call. */
  fate(op: StoreOp): FaultPlan {
    const { random } = this;
    const latency = {
      delayMs: random.int(0, this.latencyMsMax),
      // No answer comes at once: time must pass, or a busy loop would be no trouble to anybody.
      replyDelayMs: random.int(1, this.latencyMsMax + 1),
    };
    switch (this.weather) {
      case "fair":
        return latency;
      case "slow":
        return { delayMs: random.int(0, 800), replyDelayMs: random.int(0, 800) };
      case "outage":
        return { ...latency, fault: "unavailable" };
      case "full":
        if (op !== "apply") return latency;
        return { ...latency, fault: random.pick(["full", "read-only"] as const) };
      case "flaky":
        return random.chance(0.4) ? this.#timeout() : latency;
    }
  }

  #timeout(): FaultPlan {
    const { random } = this;
    return {
      delayMs: random.int(0, this.latencyMsMax),
      replyDelayMs: random.int(10, PATIENCE_MS_MAX),
      lateMs: random.int(1, LATE_MS_MAX),
      fault: random.pick(
        ["timeout-before", "timeout-after", "timeout-after", "timeout-late"] as const,
      ),
    };
  }
}
