import assert from "node:assert/strict";
import { settle, VirtualClock } from "../../../runtime/testing/virtual_clock.ts";
import { Warden, type WardenProcess } from "./warden.ts";

/** A process that notes what it is told, and ends when it is told to. */
class FakeProcess implements WardenProcess {
  readonly told: string[] = [];
  readonly ended: Promise<void>;
  fate: "runs" | "let go" | "killed" | "died" = "runs";
  /** A process that takes its time when it is let go. */
  stuck = false;
  #end: () => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  write(text: string): Promise<void> {
    if (this.fate !== "runs") return Promise.reject(new Deno.errors.BrokenPipe());
    const { kind, mark, group } = JSON.parse(text);
    this.told.push([kind, mark, group].filter((part) => part !== undefined).join(" "));
    return Promise.resolve();
  }

  letGo(): Promise<void> {
    this.fate = "let go";
    if (!this.stuck) this.#end();
    return Promise.resolve();
  }

  kill(): void {
    this.fate = "killed";
    this.#end();
  }

  /** Somebody else ended it. `noticed`: the node has been told. */
  die({ noticed }: { readonly noticed: boolean }): void {
    this.fate = "died";
    if (noticed) this.#end();
  }
}

function setup(options: { readonly spawn?: () => WardenProcess } = {}) {
  const clock = new VirtualClock();
  const processes: FakeProcess[] = [];
  const spawn = options.spawn ?? (() => {
    const process = new FakeProcess();
    processes.push(process);
    return process;
  });
  const latest = () => processes.at(-1) ?? assert.fail("no process was started");
  return { clock, processes, latest, warden: new Warden({ clock, spawn }) };
}

Deno.test("Warden starts no process before there is a program", async () => {
  const { warden, processes } = setup();
  await warden.close();
  assert.equal(processes.length, 0);
});

Deno.test("watch() resolves once the process knows of the program (WD1)", async () => {
  const { warden, latest, processes } = setup();
  await warden.watch("m1");
  assert.ok(latest().told.includes("watch m1 "));
  warden.started("m1", 77);
  await warden.watch("m2");
  warden.reap("m1");
  warden.forget("m1");
  await settle();
  assert.equal(processes.length, 1);
  assert.deepEqual(latest().told.slice(-4), ["watch m1 77", "watch m2 ", "reap m1", "forget m1"]);
});

Deno.test("watch() takes another process when the one at hand has ended unnoticed (WD1)", async () => {
  const { warden, processes, latest } = setup();
  await warden.watch("m1");
  warden.started("m1", 77);
  latest().die({ noticed: false });
  await warden.watch("m2");
  assert.equal(processes.length, 2);
  assert.ok(latest().told.includes("watch m1 77"), "of the earlier program, too (WD2)");
  assert.ok(latest().told.includes("watch m2 "));
});

Deno.test("watch() rejects when no process can be had: the program must not be started (WD1)", async () => {
  const broken = () => {
    throw new Deno.errors.NotFound("no such program");
  };
  const { warden } = setup({ spawn: broken });
  await assert.rejects(warden.watch("m1"), /was not started/);
});

Deno.test("a process that ended is replaced after a pause, while anything is watched (WD2)", async () => {
  const { warden, clock, processes, latest } = setup();
  await warden.watch("m1");
  latest().die({ noticed: true });
  await clock.pass(999);
  assert.equal(processes.length, 1);
  await clock.pass(1);
  assert.equal(processes.length, 2);
  assert.deepEqual(latest().told, ["watch m1 "]);
  warden.forget("m1");
  await settle();
  latest().die({ noticed: true });
  await clock.pass(5_000);
  assert.equal(processes.length, 2, "nothing was watched");
});

Deno.test("close() lets go of the process, and starts no other; no timer stays", async () => {
  const { warden, clock, processes, latest } = setup();
  await warden.watch("m1");
  latest().die({ noticed: true });
  await clock.pass(1_000);
  await warden.close();
  await warden.close();
  warden.reap("m1");
  await assert.rejects(warden.watch("m2"), /was not started/);
  await settle();
  assert.deepEqual(processes.map(({ fate }) => fate), ["died", "let go"]);
  assert.equal(clock.timers, 0);
});

Deno.test("close() kills a process that does not end by itself", async () => {
  const { warden, clock, latest } = setup();
  await warden.watch("m1");
  latest().stuck = true;
  const closed = warden.close();
  await clock.pass(2_000);
  await closed;
  assert.equal(latest().fate, "killed");
});
