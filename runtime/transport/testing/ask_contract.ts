/**
 * Contract: what is told and asked arrives, and what comes back (T2, T4, T6).
 * @module
 */
import assert from "node:assert/strict";
import { Fault } from "../../fault.ts";
import type { Check } from "../contract.ts";
import type { Sender } from "../port.ts";
import { faultFrom, selfOf } from "./stage.ts";

const DEADLINE_MS = 5_000;

/** Registers its tests. */
export function askContract(check: Check): void {
  check("ask() is answered with an equal copy of what the handler returns (T6)", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const body = { text: "ä€😀", n: -1.5, list: [1, null, { deep: true }], at: new Date(5) };
    b.serve("echo", (received) => received);
    const reply = await stage.wait(a.ask(b.address, "echo", body, { deadlineMs: DEADLINE_MS }));
    assert.deepEqual(reply, body);
    assert.notEqual(reply, body);
  });

  check("ask() carries binary data that later messages don't overwrite (T6)", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const kept: Uint8Array[] = [];
    b.serve("keep", (received) => void kept.push((received as { bytes: Uint8Array }).bytes));
    for (let byte = 0; byte < 20; byte++) {
      const body = { bytes: new Uint8Array(100).fill(byte) };
      await stage.wait(a.ask(b.address, "keep", body, { deadlineMs: DEADLINE_MS }));
    }
    assert.deepEqual(kept.map((bytes) => bytes[99]), Array.from({ length: 20 }, (_, byte) => byte));
  });

  check("tell() arrives with who sent it", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const { promise, resolve } = Promise.withResolvers<{ body: unknown; from: Sender }>();
    b.serve("news", (body, from) => resolve({ body, from }));
    assert.equal(a.tell(b.address, "news", ["x"]), true);
    const { body, from } = await stage.wait(promise);
    assert.deepEqual(body, ["x"]);
    assert.deepEqual(from, selfOf("a", a.address));
  });

  check("tell() keeps the order of what it sends to one node (T4)", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const seen: unknown[] = [];
    b.serve("count", (body) => void seen.push(body));
    for (let n = 0; n < 1_000; n++) a.tell(b.address, "count", n);
    await stage.wait(a.ask(b.address, "count", "end", { deadlineMs: DEADLINE_MS }));
    assert.deepEqual(seen, [...Array.from({ length: 1_000 }, (_, n) => n), "end"]);
  });

  check(
    "ask() gives each asker its own reply when handlers end in another order (T2)",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      const held: (() => void)[] = [];
      b.serve("late", (body) =>
        new Promise((resolve) => {
          held.push(() => resolve(body));
          if (held.length === 100) { for (const release of held.reverse()) release(); }
        }));
      const asks = Array.from(
        { length: 100 },
        (_, n) => a.ask(b.address, "late", n, { deadlineMs: DEADLINE_MS }),
      );
      const replies = await stage.wait(Promise.all(asks));
      assert.deepEqual(replies, Array.from({ length: 100 }, (_, n) => n));
    },
  );

  check("ask() rejects with the Fault that the handler threw, at once or later", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    b.serve("now", () => {
      throw new Fault("store.apply", "read-only", { message: "no writes" });
    });
    b.serve("later", async () => {
      await Promise.resolve();
      throw new Fault("store.apply", "full", { message: "no space" });
    });
    const ask = (channel: string) => a.ask(b.address, channel, 1, { deadlineMs: DEADLINE_MS });
    const now = await faultFrom(stage, ask("now"), "read-only");
    assert.deepEqual([now.op, now.message], ["store.apply", "store.apply: no writes"]);
    await faultFrom(stage, ask("later"), "full");
    assert.equal(stage.logged.length, 0);
  });

  check(
    "ask() rejects with `timeout` when the handler has a bug, which is logged",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      b.serve("bug", () => {
        throw new TypeError("of undefined");
      });
      await faultFrom(stage, a.ask(b.address, "bug", 1, { deadlineMs: DEADLINE_MS }), "timeout");
      assert.deepEqual(stage.logged.map(({ fields }) => fields["event"]), ["transport.handler"]);
    },
  );

  check("ask() rejects with `unavailable` when nobody serves the channel", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const ask = a.ask(b.address, "none", 1, { deadlineMs: DEADLINE_MS });
    await faultFrom(stage, ask, "unavailable");
  });

  check("ask() and tell() reach the node itself", async (stage) => {
    const a = await stage.open("a");
    a.serve("echo", (body) => body);
    assert.equal(await stage.wait(a.ask(a.address, "echo", 7, { deadlineMs: DEADLINE_MS })), 7);
  });

  check("serve() replaces the channel's handler", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    b.serve("which", () => 1);
    b.serve("which", () => 2);
    assert.equal(await stage.wait(a.ask(b.address, "which", 0, { deadlineMs: DEADLINE_MS })), 2);
  });

  check("handlers run within the trace that their message carries", async (stage) => {
    const traces: string[] = [];
    const a = await stage.open("a");
    const b = await stage.open("b", {
      within: (traceparent, channel, run) => {
        traces.push(`${channel} ${traceparent}`);
        return run();
      },
    });
    b.serve("traced", () => "done");
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const options = { deadlineMs: DEADLINE_MS, traceparent };
    assert.equal(await stage.wait(a.ask(b.address, "traced", 0, options)), "done");
    await stage.wait(a.ask(b.address, "traced", 0, { deadlineMs: DEADLINE_MS }));
    assert.deepEqual(traces, [`traced ${traceparent}`]);
  });
}
