/**
 * Contract: what is not sent is said at once and never thrown (T1, T3).
 * @module
 */
import assert from "node:assert/strict";
import { TRANSPORT_BODY_BYTES_MAX, TRANSPORT_QUEUE_BYTES_MAX } from "../../limits.ts";
import type { Check } from "../contract.ts";
import { faultFrom } from "./stage.ts";

const DEADLINE_MS = 5_000;
/** What packing adds to binary data. */
const PACKING_BYTES = 5;

/** Registers its tests. */
export function boundsContract(check: Check): void {
  check(
    "ask() rejects with `timeout` when the handler doesn't answer in time (T2)",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      b.serve("never", () => new Promise(() => {}));
      await faultFrom(stage, a.ask(b.address, "never", 1, { deadlineMs: 150 }), "timeout");
    },
  );

  check("ask() rejects with `unavailable` when nobody took it in time (T3)", async (stage) => {
    const a = await stage.open("a");
    const fault = await faultFrom(
      stage,
      a.ask(stage.nobody(), "echo", 1, { deadlineMs: 100 }),
      "unavailable",
    );
    assert.match(fault.message, /not delivered/);
  });

  check("an ask that expired while it waited is never delivered (E1)", async (stage) => {
    const [a, address] = [await stage.open("a"), stage.nobody()];
    const first = a.ask(address, "seen", "expired", { deadlineMs: 30 });
    await faultFrom(stage, first, "unavailable");
    const second = a.ask(address, "seen", "in time", { deadlineMs: DEADLINE_MS });
    const seen: unknown[] = [];
    const b = await stage.open("b", { address });
    b.serve("seen", (body) => void seen.push(body));
    await stage.wait(second);
    assert.deepEqual(seen, ["in time"]);
  });

  check("ask() without time left rejects with `unavailable`", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    for (const deadlineMs of [0, -1, NaN]) {
      await faultFrom(stage, a.ask(b.address, "echo", 1, { deadlineMs }), "unavailable");
    }
  });

  check(
    "a full queue is said at once: false, `overloaded`; other peers are reached",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      b.serve("echo", (body) => body);
      const [away, chunk] = [stage.nobody(), new Uint8Array(TRANSPORT_BODY_BYTES_MAX / 4)];
      let taken = 0;
      while (a.tell(away, "bulk", chunk)) taken += chunk.length;
      assert.ok(
        taken > TRANSPORT_QUEUE_BYTES_MAX / 2 && taken <= TRANSPORT_QUEUE_BYTES_MAX,
        `${taken}`,
      );
      await faultFrom(stage, a.ask(away, "bulk", chunk, { deadlineMs: DEADLINE_MS }), "overloaded");
      assert.equal(await stage.wait(a.ask(b.address, "echo", 1, { deadlineMs: DEADLINE_MS })), 1);
    },
  );

  check("the largest body is carried, a larger one refused", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    b.serve("echo", (body) => body);
    const largest = new Uint8Array(TRANSPORT_BODY_BYTES_MAX - PACKING_BYTES).fill(7);
    const reply = await stage.wait(a.ask(b.address, "echo", largest, { deadlineMs: DEADLINE_MS }));
    assert.deepEqual(reply, largest);
    const larger = new Uint8Array(TRANSPORT_BODY_BYTES_MAX);
    assert.equal(a.tell(b.address, "echo", larger), false);
    await faultFrom(
      stage,
      a.ask(b.address, "echo", larger, { deadlineMs: DEADLINE_MS }),
      "mismatch",
    );
  });

  check("a reply that is too large is the handler's bug", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    b.serve("large", () => new Uint8Array(TRANSPORT_BODY_BYTES_MAX));
    await faultFrom(stage, a.ask(b.address, "large", 1, { deadlineMs: DEADLINE_MS }), "timeout");
  });

  check(
    "malformed addresses, channels and traces are refused without a throw (T1)",
    async (stage) => {
      const [a, b] = [await stage.open("a"), await stage.open("b")];
      const addresses = [
        "",
        "host",
        ":1",
        "host:0",
        "host:65536",
        "h ost:1",
        "tcp://h:1",
        "h:1;x:2",
      ];
      for (const address of addresses) {
        assert.equal(a.tell(address, "echo", 1), false, address);
        await faultFrom(
          stage,
          a.ask(address, "echo", 1, { deadlineMs: DEADLINE_MS }),
          "unavailable",
        );
      }
      for (const channel of ["", "a b", "ä", "x".repeat(65)]) {
        assert.equal(a.tell(b.address, channel, 1), false, channel);
      }
      assert.equal(a.tell(b.address, "echo", 1, { traceparent: "two words" }), false);
    },
  );

  check("a body that can't be packed is refused without a throw (T1)", async (stage) => {
    const [a, b] = [await stage.open("a"), await stage.open("b")];
    const body: { self?: unknown } = {};
    body.self = body;
    assert.equal(a.tell(b.address, "echo", body), false);
    await faultFrom(stage, a.ask(b.address, "echo", body, { deadlineMs: DEADLINE_MS }), "mismatch");
  });
}
