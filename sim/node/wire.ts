/**
 * Wire: a process's end of the line to its store: calls go out while it lives, answers come in when
 * it is awake, and both are boundaries at which it may die.
 * @module
 */
import type { Store } from "../../runtime/store/port.ts";
import { wrapStore } from "../../runtime/store/wrapped_driver.ts";
import type { Lifeline } from "./lifeline.ts";

/** `inner` as the process on `lifeline` reaches it. */
export function wireOf(inner: Store, lifeline: Lifeline): Store {
  const never = new Promise<never>(() => {});
  return wrapStore(inner, async (_op, work) => {
    if (!lifeline.cross()) return await never;
    try {
      const answer = await work();
      await lifeline.turn();
      return lifeline.cross() ? answer : await never;
    } catch (error) {
      await lifeline.turn();
      throw error;
    }
  });
}
