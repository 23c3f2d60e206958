import assert from "node:assert/strict";
import type { ModuleHandler } from "../catalog/catalog.ts";
import { NO_PERMISSIONS } from "../catalog/permissions.ts";
import type { AttemptOrder } from "../port.ts";
import { Dispatcher, SOLO_HOSTS_MAX } from "./dispatcher.ts";
import type { DispatchEffect, DispatchEvent } from "./events.ts";
import type { HostExit } from "./host_process.ts";
import type { HostCommand, Profile, Saying, Suspicion } from "./protocol.ts";
import { DEATH_CLEAN_RUNS } from "./strikes.ts";

const PROFILE: Profile = { id: "p", permissions: NO_PERMISSIONS, modules: [] };
const MEMORY: HostExit = { memory: true, description: "its process ran out of memory" };
const KILLED: HostExit = { memory: false, description: "its process was ended by SIGKILL" };
const OK: Saying = { kind: "ended", outcome: { kind: "ok", result: "1" } };

function setup({ hosts = 2, up = true } = {}) {
  const dispatcher = new Dispatcher({ heapMiB: 64 });
  const started: { host: number; solo: boolean; delayMs: number }[] = [];
  const stopped: number[] = [];
  const sent: (HostCommand & { host: number })[] = [];
  const ended: string[] = [];
  const answers: unknown[] = [];
  let warm = 0;
  const perform = (effect: DispatchEffect) => {
    if (effect.kind === "start") started.push(effect);
    if (effect.kind === "stop") stopped.push(effect.host);
    if (effect.kind === "send") sent.push({ host: effect.host, ...effect.command });
    if (effect.kind === "warm") warm++;
    if (effect.kind !== "report") return;
    if (effect.saying.kind !== "ended") return void answers.push(effect);
    const { outcome } = effect.saying;
    ended.push(
      `${effect.key.token}:${outcome.kind === "error" ? outcome.error.name : outcome.kind}`,
    );
  };
  const step = (event: DispatchEvent) => dispatcher.step(event).forEach(perform);
  const world = {
    dispatcher,
    started,
    stopped,
    sent,
    ended,
    answers,
    step,
    warm: () => warm,
    order(token: string, { name = "h", exclusive = false } = {}) {
      const order = { ...ORDER, key: { jobId: token, attempt: 1, token }, exclusive };
      step({ kind: "order", order, handler: handler(name) });
    },
    up(host: number) {
      step({ kind: "host-up", host });
      step({ kind: "host-said", host, batch: [{ kind: "warm" }] });
    },
    /** The run command of the attempt `token`. */
    run(token: string) {
      for (const command of sent) {
        if (command.kind === "run" && command.order.jobId === token) return command;
      }
      return assert.fail(`${token} was not handed to a host`);
    },
    hostOf: (token: string) => world.run(token).host,
    ticketOf: (token: string) => world.run(token).order.ticket,
    say(token: string, saying: Saying) {
      const batch = [{ kind: "said", ticket: world.ticketOf(token), saying }] as const;
      step({ kind: "host-said", host: world.hostOf(token), batch });
    },
    suspect(token: string, why: Suspicion, together: readonly string[] = []) {
      const tickets = [token, ...together].map((one) => world.ticketOf(one));
      const batch = [{ kind: "suspects", tickets, why }] as const;
      step({ kind: "host-said", host: world.hostOf(token), batch });
    },
    down: (host: number, exit: HostExit) => step({ kind: "host-down", host, exit }),
    /** The host that was started last. */
    newest: () => started.at(-1)?.host ?? 0,
  };
  step({ kind: "renew", profiles: [PROFILE], count: hosts });
  if (up) { for (const { host } of [...started]) world.up(host); }
  return world;
}

const ORDER: AttemptOrder = {
  key: { jobId: "j", attempt: 1, token: "t" },
  name: "h",
  payload: "null",
  timeoutMs: null,
  notBeforeMs: 0,
  scheduledForMs: 0,
  fence: 1,
  checkpoint: "null",
  steps: new Map([["s", "1"]]),
  exclusive: false,
};

function handler(name: string): ModuleHandler {
  return {
    info: { name, kind: "module", isolation: "worker", timeoutMs: 7, file: "h.ts" },
    url: "file:///h.ts",
    permissions: NO_PERMISSIONS,
    profile: "p",
    reduced: [],
  };
}

Deno.test("Dispatcher hands attempts to the host with the fewest, with all they need", () => {
  const world = setup();
  world.order("a");
  world.order("b");
  assert.notEqual(world.hostOf("a"), world.hostOf("b"));
  const { order } = world.run("a");
  assert.deepEqual([order.timeoutMs, order.profile, order.steps], [7, "p", [["s", "1"]]]);
  world.say("a", OK);
  world.order("c");
  assert.equal(world.hostOf("c"), world.hostOf("a"));
  assert.deepEqual(world.ended, ["a:ok"]);
});

Deno.test("Dispatcher keeps attempts until a host is up, and aborts them there", () => {
  const world = setup({ up: false });
  world.order("a");
  world.order("b");
  world.step({ kind: "abort", token: "a", reason: "cancelled" });
  assert.deepEqual(world.ended, ["a:cancelled"]);
  for (const { host } of [...world.started]) world.up(host);
  assert.equal(world.warm(), 1);
  assert.ok(world.hostOf("b"));
  assert.throws(() => world.run("a"));
});

Deno.test("Dispatcher passes aborts and answers to the host that has the attempt", () => {
  const world = setup();
  world.order("a");
  const ticket = world.ticketOf("a");
  world.say("a", { kind: "step", request: 4, name: "s", result: "1" });
  assert.equal(world.answers.length, 1);
  world.step({ kind: "answer", ticket, request: 4, problem: null });
  world.step({ kind: "abort", token: "a", reason: "drain" });
  world.step({ kind: "abort", token: "unknown", reason: "drain" });
  const host = world.hostOf("a");
  assert.deepEqual(world.sent.slice(-2), [
    { host, kind: "answer", ticket, request: 4, problem: null },
    { host, kind: "abort", ticket, reason: "drain" },
  ]);
});

Deno.test("Dispatcher blames an attempt that was alone when memory ran out, and nobody in company", () => {
  const world = setup({ hosts: 1 });
  world.order("a");
  world.down(world.hostOf("a"), MEMORY);
  assert.deepEqual(world.ended, ["a:MemoryLimitExceeded"]);
  world.up(world.newest());
  world.order("b", { name: "x" });
  world.order("c", { name: "y" });
  world.down(world.hostOf("b"), MEMORY);
  assert.deepEqual(world.ended.slice(1), ["b:lost", "c:lost"]);
});

Deno.test("Dispatcher blames nobody for a host that was killed from outside", () => {
  const world = setup({ hosts: 1 });
  world.order("a");
  world.down(world.hostOf("a"), KILLED);
  assert.deepEqual(world.ended, ["a:lost"]);
});

Deno.test("Dispatcher starts a host again at once, or later when it does not come up", () => {
  const world = setup({ hosts: 1 });
  const delays = () => world.started.map(({ delayMs }) => delayMs);
  world.down(world.newest(), MEMORY);
  for (let failed = 0; failed < 8; failed++) world.down(world.newest(), KILLED);
  assert.deepEqual(delays(), [0, 0, 100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  world.up(world.newest());
  world.down(world.newest(), KILLED);
  assert.equal(delays().at(-1), 0);
});

/** Lets a host die with `x` aboard as the suspect and `y` beside it. */
function strike(world: ReturnType<typeof setup>): void {
  world.order("x1", { name: "x" });
  world.order("y1", { name: "y" });
  world.suspect("x1", "memory");
  world.down(world.hostOf("x1"), MEMORY);
  world.up(world.newest());
}

Deno.test("Dispatcher runs a handler that took a host's memory in a host of its own", () => {
  const world = setup({ hosts: 1 });
  strike(world);
  world.order("y3", { name: "y" });
  assert.ok(world.hostOf("y3"));
  world.order("x3", { name: "x" });
  const solo = world.started.at(-1);
  assert.equal(solo?.solo, true);
  world.up(solo?.host ?? 0);
  assert.equal(world.hostOf("x3"), solo?.host);
  world.down(solo?.host ?? 0, MEMORY);
  assert.equal(world.ended.at(-1), "x3:MemoryLimitExceeded");
});

Deno.test("Dispatcher ends the neighbours of a suspect as interrupted: a death of its making costs them nothing", () => {
  const world = setup({ hosts: 1 });
  strike(world);
  assert.deepEqual(world.ended, ["x1:lost", "y1:interrupted"]);
});

Deno.test("Dispatcher isolates at once who was evicted alone, and of several only who is there again", () => {
  const alone = setup();
  alone.order("x1", { name: "x" });
  alone.suspect("x1", "eviction");
  alone.order("x2", { name: "x" });
  assert.equal(alone.started.at(-1)?.solo, true);
  const several = setup({ hosts: 1 });
  several.order("x1", { name: "x" });
  several.order("y1", { name: "y" });
  several.suspect("x1", "eviction", ["y1"]);
  several.order("x2", { name: "x" });
  assert.ok(several.started.every(({ solo }) => !solo), "most of them are innocent");
  several.suspect("x2", "eviction");
  several.order("x3", { name: "x" });
  several.order("y2", { name: "y" });
  assert.deepEqual(several.started.filter(({ solo }) => solo).length, 1);
});

Deno.test("Dispatcher hands what waited for a solo host to the others once its handler ran clean", () => {
  const world = setup({ hosts: 1 });
  strike(world);
  const shared = world.newest();
  const tokens = Array.from({ length: DEATH_CLEAN_RUNS + SOLO_HOSTS_MAX + 5 }, (_, at) => `s${at}`);
  for (const token of tokens) world.order(token, { name: "x" });
  for (const { host } of world.started.filter(({ solo }) => solo)) world.up(host);
  for (const token of tokens.slice(0, DEATH_CLEAN_RUNS)) world.say(token, OK);
  for (const token of tokens.slice(-4)) {
    assert.equal(world.hostOf(token), shared);
    assert.equal(world.run(token).order.exclusive, false);
  }
});

Deno.test("Dispatcher bounds solo hosts, uses them again, and ends them when they are idle (D3)", () => {
  const world = setup({ hosts: 1 });
  strike(world);
  const before = world.started.length;
  for (let at = 0; at < 5; at++) world.order(`s${at}`, { name: "x" });
  const solo = world.started.slice(before).map(({ host }) => host);
  assert.equal(solo.length, SOLO_HOSTS_MAX);
  for (const host of solo) world.up(host);
  for (const token of ["s0", "s1", "s2", "s3", "s4"]) {
    assert.ok(solo.includes(world.hostOf(token)));
    world.say(token, OK);
  }
  assert.equal(world.started.length, before + SOLO_HOSTS_MAX);
  assert.deepEqual(world.stopped.sort(), solo.sort());
});

Deno.test("Dispatcher runs a handler that stalled alone in a worker until it ran clean", () => {
  const world = setup({ hosts: 1 });
  world.order("a");
  world.suspect("a", "stall");
  world.say("a", OK);
  for (const token of ["b", "c", "d", "e"]) {
    world.order(token);
    world.say(token, OK);
  }
  const exclusive = ["b", "c", "d", "e"].map((token) => world.run(token).order.exclusive);
  assert.deepEqual(exclusive, [true, true, true, false]);
});

Deno.test("Dispatcher lets a new generation take over when it is warm, and ends the old with its last attempt", () => {
  const world = setup({ hosts: 1 });
  const old = world.newest();
  world.order("a");
  world.step({ kind: "renew", profiles: [PROFILE], count: 1 });
  const fresh = world.newest();
  world.order("b");
  assert.equal(world.hostOf("b"), old);
  world.up(fresh);
  assert.equal(world.warm(), 2);
  world.order("c");
  assert.equal(world.hostOf("c"), fresh);
  world.say("a", OK);
  assert.deepEqual(world.stopped, []);
  world.say("b", OK);
  assert.deepEqual(world.stopped, [old]);
});

Deno.test("Dispatcher does not wait for ever for a generation that cannot start", () => {
  const world = setup({ up: false, hosts: 1 });
  for (let failed = 0; failed < 3; failed++) world.down(world.newest(), KILLED);
  assert.equal(world.warm(), 1);
});

Deno.test("Dispatcher.close ends everything as interrupted, once (D1)", () => {
  const world = setup();
  world.order("a");
  const host = world.hostOf("a");
  world.step({ kind: "close" });
  assert.deepEqual(world.ended, ["a:interrupted"]);
  world.down(host, KILLED);
  world.order("b");
  assert.deepEqual(world.ended, ["a:interrupted", "b:interrupted"]);
  assert.equal(world.dispatcher.load, 0);
});

Deno.test("Dispatcher spares a host that may soon die of memory, while it may", () => {
  const world = setup();
  world.order("leaker");
  world.suspect("leaker", "memory");
  for (const token of ["a", "b", "c"]) {
    world.order(token);
    assert.notEqual(world.hostOf(token), world.hostOf("leaker"));
  }
  world.say("leaker", OK);
  world.order("d");
  assert.equal(world.hostOf("d"), world.hostOf("leaker"));
});
