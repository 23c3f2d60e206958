/**
 * QueueUse: what of a queue's limits is in use, on all nodes, as the store has it.
 * @module
 */
import { JOB_KIND, tallyOf } from "../../actors/job/codec.ts";
import { decodeLimiter } from "../../actors/limiter/codec.ts";
import { limiterId } from "../../actors/limiter/ids.ts";
import { startsWithin } from "../../actors/limiter/rate_window.ts";
import type { ActorSystem } from "../../runtime/system/surface.ts";
import type { QueueSettings, QueueUse } from "../service.ts";

/** Reads it. Cost: O(tallies). */
export async function useOf(
  { name, rate }: QueueSettings,
  { system, nowMs }: {
    readonly system: Pick<ActorSystem, "read" | "tallies">;
    readonly nowMs: number;
  },
): Promise<QueueUse> {
  const running = (await system.tallies(JOB_KIND)).get(tallyOf(name, "running")) ?? 0;
  if (rate === null) return { running, starts: null };
  const snapshot = await system.read(limiterId(name, null));
  const gate = snapshot && decodeLimiter(snapshot).gates.get("");
  return { running, starts: gate === undefined ? 0 : startsWithin(gate.window, rate, nowMs) };
}
