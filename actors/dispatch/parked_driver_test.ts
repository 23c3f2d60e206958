import assert from "node:assert/strict";
import { Fault } from "../../runtime/fault.ts";
import { type ActorId, actorId } from "../../runtime/ids.ts";
import { STORE_RETRY_MAX_MS } from "../../runtime/limits.ts";
import type { Snapshot } from "../../runtime/snapshot.ts";
import type { FindQuery, FoundPage } from "../../runtime/store/port.ts";
import { settle, VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import { unpark } from "./parked_driver.ts";

/** A store with one parked job per page; `ends` are the ends of the messages told, in turn. */
function setup({ pages, ends = [] }: { pages: (string | Fault)[]; ends?: string[] }) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const asked: FindQuery[] = [];
  const find = (query: FindQuery): Promise<FoundPage> => {
    asked.push(query);
    const page = pages.shift();
    if (page instanceof Fault) return Promise.reject(page);
    const snapshots = page === undefined ? [] : [{ id: actorId(page) } as Snapshot];
    return Promise.resolve({ snapshots, cursor: pages.length > 0 ? "more" : null });
  };
  const signal = (
    id: ActorId,
    message: { kind: string },
    end: (settled: { kind: string }) => void,
  ) => {
    told.push(`${id} ${message.kind}`);
    end({ kind: ends.shift() ?? "handled" });
  };
  let count: number | undefined;
  const run = () =>
    void unpark(["mail"], { clock, system: { find }, signal }).then((n) => count = n);
  return { clock, told, asked, run, count: () => count };
}

Deno.test("unpark() tells every parked job of the name, page by page (Z1)", async () => {
  const { told, asked, run, count } = setup({ pages: ["a", "b"] });
  run();
  await settle();
  assert.deepEqual(told, ["a handler-known", "b handler-known"]);
  assert.equal(count(), 2);
  assert.deepEqual(asked.map(({ labels, cursor }) => [labels.join(), cursor]), [
    ["waiting=handler,name=mail", undefined],
    ["waiting=handler,name=mail", "more"],
  ]);
});

Deno.test("unpark() asks again when the store fails (Z1)", async () => {
  const away = new Fault("store.find", "unavailable", { message: "away" });
  const { clock, told, run } = setup({ pages: [away, "a"] });
  run();
  await settle();
  assert.deepEqual(told, []);
  await clock.pass(STORE_RETRY_MAX_MS);
  assert.deepEqual(told, ["a handler-known"]);
});

Deno.test("unpark() tells a job again that could not be reached: a starting node owns nothing yet (Z1)", async () => {
  const { clock, told, run, count } = setup({ pages: ["a"], ends: ["busy", "unknown"] });
  run();
  await settle();
  assert.equal(count(), undefined);
  await clock.pass(STORE_RETRY_MAX_MS);
  await clock.pass(STORE_RETRY_MAX_MS);
  assert.equal(told.length, 3);
  assert.equal(count(), 1);
});
