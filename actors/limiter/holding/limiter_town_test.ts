/**
 * Limits on whole nodes in virtual time: limiters that the ring places and moves, sessions that lapse, nodes that are
 * killed or leave. Jobs are counted only: an attempt holds its room for a while.
 * @module
 */
import assert from "node:assert/strict";
import { Town, type TownNode } from "../../../runtime/cluster/testing/town.ts";
import type { BootId } from "../../../runtime/ids.ts";
import { SESSION_RENEW_MS, SESSION_TTL_MS } from "../../../runtime/limits.ts";
import { limiterBehaviour } from "../behaviour.ts";
import { limiterId } from "../ids.ts";
import { UNLIMITED } from "../limits.ts";
import type { SharedLimits } from "./permit_book.ts";
import { PermitsDriver } from "./permits_driver.ts";

const LINE = "job/q";
const JOB_MS = 80;
/** A node that was killed has a session for this long at least. */
const LEASE_MS = SESSION_TTL_MS - SESSION_RENEW_MS;

/** A node of the town that runs jobs. */
class Worker {
  running = 0;
  backlog = 0;
  endedMs = Infinity;
  /** When its jobs started, by the town's clock. */
  readonly starts: number[] = [];
  readonly permits: PermitsDriver;

  constructor(private readonly town: Town, readonly node: TownNode) {
    const { system, cluster, boot } = node;
    this.permits = new PermitsDriver({
      clock: town.clock,
      boot,
      system,
      taken: (name) => name === LINE ? this.running : 0,
      trusted: () => system.trusted,
      open: () => this.pump(),
    });
    system.register(limiterBehaviour, ({ calls }) => {
      for (const { boot: to, gates } of calls) {
        if (to === boot) this.permits.called(LINE, gates);
        else cluster.calls.tell(to as BootId, "claim", gates);
      }
    });
    cluster.calls.serve("claim", (gates) => this.permits.called(LINE, gates as string[]));
    const tick = () => {
      if (this.endedMs < Infinity) return;
      this.pump();
      town.clock.after(50, tick);
    };
    tick();
  }

  pump(): void {
    while (this.backlog > 0 && this.endedMs === Infinity && this.node.system.mayWork) {
      if (this.permits.admit(LINE) !== "held") return;
      this.backlog--;
      this.running++;
      this.starts.push(this.town.clock.monotonicMs());
      this.town.clock.after(JOB_MS, () => {
        if (this.endedMs < Infinity) return;
        this.running--;
        this.permits.freed(LINE);
        this.pump();
      });
    }
  }

  kill(): void {
    this.endedMs = this.town.clock.monotonicMs();
    this.permits.close();
    this.node.kill();
  }
}

async function setup(limits: Partial<SharedLimits>) {
  const town = new Town();
  const workers: Worker[] = [];
  const shared = { queue: "q", version: 1, ...UNLIMITED, perKey: UNLIMITED, ...limits };
  const start = (name: string): Worker => {
    const worker = new Worker(town, town.start(name));
    worker.permits.limit(LINE, shared);
    workers.push(worker);
    return worker;
  };
  for (const name of ["a1", "b1", "c1"]) start(name);
  await town.clock.pass(6_000);
  /** Attempts under way; those of a node that was killed count until its session has lapsed. */
  const running = () =>
    workers.filter(({ endedMs }) => town.clock.monotonicMs() - endedMs <= LEASE_MS)
      .reduce((sum, { running }) => sum + running, 0);
  /** Lets time pass; never may more run than `limit`. The least and the most that did. */
  const watch = async (ms: number, limit = Infinity) => {
    let [least, most] = [Infinity, 0];
    for (let at = 0; at < ms; at += 10) {
      await town.clock.pass(10);
      const count = running();
      assert.ok(count <= limit, `${count} run at ${town.clock.monotonicMs()} ms`);
      [least, most] = [Math.min(least, count), Math.max(most, count)];
    }
    return { least, most };
  };
  const owner = async () => {
    const boot = await town.ownerOf(limiterId("q", null));
    return workers.find(({ node }) => node.boot === boot)!;
  };
  return { town, workers, start, watch, owner };
}

Deno.test("three nodes share a limit evenly, and use all of it", async () => {
  const { workers, watch } = await setup({ concurrency: 10 });
  for (const worker of workers) worker.backlog = 10_000;
  await watch(2_000, 10);
  const { least } = await watch(4_000, 10);
  assert.ok(least >= 8, `only ${least} ran at times`);
  const counts = workers.map(({ starts }) => starts.length);
  assert.ok(Math.min(...counts) > 0.7 * Math.max(...counts), `${counts}`);
});

Deno.test("one node uses the whole limit while the others have nothing to do", async () => {
  const { workers, watch } = await setup({ concurrency: 10 });
  workers[1]!.backlog = 10_000;
  await watch(1_000, 10);
  assert.equal((await watch(1_000, 10)).most, 10);
  workers[0]!.backlog = 20;
  await watch(1_500, 10);
  assert.ok(workers[0]!.starts.length >= 15, `${workers[0]!.starts.length} started`);
});

for (const who of ["the limiter's owner", "another node"]) {
  Deno.test(`when ${who} is killed, never more run, and all again within 5 s`, async () => {
    const { workers, watch, owner } = await setup({ concurrency: 10 });
    for (const worker of workers) worker.backlog = 10_000;
    await watch(3_000, 10);
    const keeper = await owner();
    const victim = who === "another node" ? workers.find((each) => each !== keeper)! : keeper;
    victim.kill();
    await watch(5_000, 10);
    const { least } = await watch(3_000, 10);
    assert.ok(least >= 8, `only ${least} ran at times`);
  });
}

Deno.test("a limit is kept while nodes come and leave, and its limiter moves", async () => {
  const { workers, start, watch } = await setup({ concurrency: 6 });
  for (const worker of workers) worker.backlog = 10_000;
  await watch(2_000, 6);
  const late = start("d1");
  late.backlog = 10_000;
  await watch(6_000, 6);
  assert.ok(late.starts.length > 20, `${late.starts.length}`);
  const leaver = workers[0]!;
  leaver.backlog = 0;
  await watch(500, 6);
  leaver.permits.close();
  const stopped = leaver.node.stop();
  await watch(6_000, 6);
  await stopped;
  const { least } = await watch(3_000, 6);
  assert.ok(least >= 4, `only ${least} ran at times`);
});

Deno.test("a node cut off from the store gives way after its session, and comes back to what is free", async () => {
  const { workers, watch, owner } = await setup({ concurrency: 9 });
  for (const worker of workers) worker.backlog = 10_000;
  await watch(3_000, 9);
  const keeper = await owner();
  const lonely = workers.find((each) => each !== keeper)!;
  lonely.node.weather = () => ({ fault: "unavailable" });
  // What it runs ends within its trust; then it starts nothing.
  await watch(8_000, 9);
  assert.equal(lonely.running, 0);
  lonely.node.weather = () => ({});
  const before = lonely.starts.length;
  await watch(8_000, 9);
  assert.ok(lonely.starts.length > before, "it never ran again");
});

Deno.test("a rate is kept and used up by three nodes, one of which is killed (RW1, RW2)", async () => {
  const rate = { limit: 40, perMs: 1_000 };
  const { town, workers, watch } = await setup({ rate });
  for (const worker of workers) worker.backlog = 100_000;
  await watch(20_000);
  workers[2]!.kill();
  await watch(20_000);
  const starts = workers.flatMap(({ starts }) => starts).sort((one, other) => one - other);
  const nowMs = town.clock.monotonicMs();
  const within = (fromMs: number, spanMs: number) =>
    starts.filter((atMs) => atMs >= fromMs && atMs < fromMs + spanMs).length;
  for (let fromMs = 0; fromMs < nowMs; fromMs += 100) {
    // A start that is used late comes closer to what follows.
    assert.ok(within(fromMs, 1_000) <= 1.15 * rate.limit, `${within(fromMs, 1_000)} at ${fromMs}`);
    assert.ok(within(fromMs, 3_000) <= 3 * rate.limit + 6, `${within(fromMs, 3_000)} at ${fromMs}`);
  }
  const before = within(nowMs - 36_000, 15_000);
  const after = within(nowMs - 15_000, 15_000);
  assert.ok(Math.abs(before / 600 - 1) <= 0.02, `${before} of 600 in 15 s`);
  assert.ok(Math.abs(after / 600 - 1) <= 0.02, `${after} of 600 in 15 s, after a kill`);
});
