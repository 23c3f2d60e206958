/**
 * Life transport: a process's end of its links: what it says goes out while it lives, what others say comes in
 * when it is awake. (L1)
 * @module
 */
import type { Transport } from "../../runtime/transport/port.ts";
import type { Lifeline } from "./lifeline.ts";

/** `inner` as the process on `lifeline` has it. */
export function lifeTransport(inner: Transport, lifeline: Lifeline): Transport {
  const never = new Promise<never>(() => {});
  const awake = async (): Promise<void> => {
    await lifeline.turn();
    if (lifeline.dead) await never;
  };
  return {
    address: inner.address,
    serve: (channel, handler) =>
      inner.serve(channel, async (body, from) => {
        await awake();
        const answer = await handler(body, from);
        await awake();
        return answer;
      }),
    tell: (to, channel, body, options) => !lifeline.dead && inner.tell(to, channel, body, options),
    ask: async (to, channel, body, options) => {
      if (lifeline.dead) return await never;
      try {
        return await inner.ask(to, channel, body, options);
      } finally {
        await awake();
      }
    },
    forget: (address) => lifeline.dead || inner.forget(address),
    close: () => lifeline.dead ? never : inner.close(),
  };
}
