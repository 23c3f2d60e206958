/**
 * The contract suite of the transport port: one or more tests per invariant (T1 to T6) and per
 * method. Every driver must pass it unchanged.
 *
 *     transportContract("memory", () => memoryStage());
 * @module
 */
import { askContract } from "./testing/ask_contract.ts";
import { boundsContract } from "./testing/bounds_contract.ts";
import { lifeContract } from "./testing/life_contract.ts";
import type { Stage } from "./testing/stage.ts";

/** Registers one test: `what` it shows, and how, on a new stage. */
export type Check = (what: string, body: (stage: Stage) => Promise<void>) => void;

/** Registers the suite for the transports of the stages that `set` makes. */
export function transportContract(name: string, set: () => Stage): void {
  const check: Check = (what, body) => {
    Deno.test(`${name}: ${what}`, async () => {
      const stage = set();
      try {
        await body(stage);
      } finally {
        await stage.close();
      }
    });
  };
  askContract(check);
  boundsContract(check);
  lifeContract(check);
}
