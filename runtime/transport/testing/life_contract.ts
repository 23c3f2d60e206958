/**
 * Contract: forgetting a peer, and the end.
 * @module
 */
import assert from "node:assert/strict";
import type { Check } from "../contract.ts";
import { faultFrom } from "./stage.ts";

const DEADLINE_MS = 5_000;

/** Registers its tests. */
export function lifeContract(check: Check): void {
  check("forget() fails what waits, and the peer can be asked again", async (stage) => {
    const [a, b, away] = [await stage.open("a"), await stage.open("b"), stage.nobody()];
    b.serve("echo", (body) => body);
    const reached = Promise.withResolvers<void>();
    b.serve("never", () => {
      reached.resolve();
      return new Promise(() => {});
    });
    const sent = a.ask(b.address, "never", 1, { deadlineMs: DEADLINE_MS });
    const queued = a.ask(away, "never", 1, { deadlineMs: DEADLINE_MS });
    await stage.wait(reached.promise);
    a.forget(b.address);
    a.forget(away);
    a.forget("never.known:1");
    await faultFrom(stage, sent, "timeout");
    await faultFrom(stage, queued, "unavailable");
    assert.equal(await stage.wait(a.ask(b.address, "echo", 1, { deadlineMs: DEADLINE_MS })), 1);
  });

  check("close() fails what waits and refuses what comes later", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const reached = Promise.withResolvers<void>();
    b.serve("never", () => {
      reached.resolve();
      return new Promise(() => {});
    });
    const sent = a.ask(b.address, "never", 1, { deadlineMs: DEADLINE_MS });
    const failed = faultFrom(stage, sent, "timeout");
    await stage.wait(reached.promise);
    await stage.wait(a.close());
    await failed;
    assert.equal(a.tell(b.address, "never", 1), false);
    const later = a.ask(b.address, "never", 1, { deadlineMs: DEADLINE_MS });
    assert.match((await faultFrom(stage, later, "unavailable")).message, /closed/);
    await stage.wait(a.close());
  });

  check(
    "an address is free after close(), and a restarted node is reached there",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      b.serve("who", () => "first");
      assert.equal(
        await stage.wait(a.ask(b.address, "who", 0, { deadlineMs: DEADLINE_MS })),
        "first",
      );
      await stage.wait(b.close());
      const again = await stage.open("b", { address: b.address });
      again.serve("who", () => "second");
      // What leaves before the old link is known to be dead is lost, as the port says; so ask again.
      let reply: unknown;
      for (let tries = 0; reply === undefined && tries < 50; tries++) {
        const ask = a.ask(again.address, "who", 0, { deadlineMs: 200 });
        reply = await stage.wait(ask.catch(() => undefined));
      }
      assert.equal(reply, "second");
    },
  );
}
