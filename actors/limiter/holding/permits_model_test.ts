/**
 * Nodes' books against a limiter, whatever is lost or late between them, and whoever pauses or dies.
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { actorId, type BootId, type NodeName } from "../../../runtime/ids.ts";
import { SESSION_MARGIN_MS, SESSION_TTL_MS } from "../../../runtime/limits.ts";
import { limiterBehaviour } from "../behaviour.ts";
import { draftOfLimiter } from "../codec.ts";
import type { LimiterEffect, LimiterMessage, LimiterReply } from "../messages.ts";
import { type Claim, PermitBook } from "./permit_book.ts";
import type { LimiterState } from "../state.ts";

const LIMIT = 5;
const LINE = "job/q";
const WALL_MS = 1_800_000_000_000;
const NODES = 3;

interface Post {
  readonly atMs: number;
  readonly deliver: () => void;
}

/** One start of one node. */
class Node {
  running = 0;
  backlog = 0;
  renewedMs = 0;
  pausedUntilMs = 0;
  endedMs = Infinity;
  readonly book: PermitBook;

  constructor(readonly boot: BootId, private readonly world: World) {
    this.renewedMs = world.nowMs;
    this.book = new PermitBook((name) => name === LINE ? this.running : 0);
    this.book.limit(LINE, world.limits, world.nowMs);
  }

  get isUp(): boolean {
    return this.endedMs === Infinity && this.pausedUntilMs <= this.world.nowMs;
  }

  get trusted(): boolean {
    return this.world.nowMs - this.renewedMs < SESSION_TTL_MS - SESSION_MARGIN_MS;
  }

  /** Starts what it may, as a pump does. */
  pump(): void {
    while (this.trusted && this.backlog > 0) {
      if (this.book.admit(LINE, this.world.nowMs) !== "held") return;
      this.running++;
      this.backlog--;
    }
  }

  end(): void {
    if (this.running === 0) return;
    this.running--;
    this.book.freed(LINE, this.world.nowMs);
  }
}

class World {
  nowMs = 0;
  readonly limits = {
    ...{ queue: "q", version: 1, concurrency: LIMIT, rate: null },
    perKey: { concurrency: null, rate: null },
  };
  nodes: Node[] = [];
  readonly gone: Node[] = [];
  state: LimiterState;
  lossy = true;
  #posts: Post[] = [];
  #made = 0;
  #chances: readonly number[];
  #drawn = 0;

  constructor(chances: readonly number[]) {
    this.#chances = chances;
    const draft = draftOfLimiter("q", { id: actorId("q~all@limiter"), nowMs: WALL_MS });
    this.state = limiterBehaviour.decode({ ...draft, shard: 0 as never, version: 1 });
    for (let at = 0; at < NODES; at++) this.start();
  }

  start(): void {
    this.nodes.push(new Node(`b${this.#made++}` as BootId, this));
  }

  kill(at: number): void {
    const [node] = this.nodes.splice(at, 1);
    node!.endedMs = this.nowMs;
    this.gone.push(node!);
    this.start();
  }

  pass(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs;) {
      this.nowMs += 10;
      const due = this.#posts.filter(({ atMs }) => atMs <= this.nowMs);
      this.#posts = this.#posts.filter(({ atMs }) => atMs > this.nowMs);
      for (const { deliver } of due) deliver();
      for (const node of this.nodes.filter(({ isUp }) => isUp)) this.#run(node);
      this.#check();
    }
  }

  #run(node: Node): void {
    if (this.nowMs - node.renewedMs >= 750) node.renewedMs = this.nowMs;
    if (this.nowMs % 100 === 0) node.book.review(this.nowMs, { trusted: node.trusted });
    node.pump();
    for (const claim of node.book.claims(this.nowMs)) this.#send(node, claim);
  }

  /** A boot lives while its session does, and is seen to a little late. */
  #lives(boot: BootId): boolean {
    const node = [...this.nodes, ...this.gone].find((each) => each.boot === boot)!;
    return this.nowMs - node.renewedMs <= SESSION_TTL_MS + 500;
  }

  #send(node: Node, { turn, version, limits, gates, limiter }: Claim): void {
    let answered = false;
    const answer = (reply: LimiterReply | undefined) => {
      if (answered || node.endedMs !== Infinity) return;
      answered = true;
      if (reply?.kind !== "granted") node.book.failed(limiter, this.nowMs);
      else node.book.answered(limiter, reply.gates, this.nowMs);
    };
    // Its deadline; whatever is under way may still come.
    this.#post(2_000, () => answer(undefined), { certain: true });
    this.#post(this.#chance() * 4_000 ** this.#chance(), () => {
      const message: LimiterMessage = {
        ...{ kind: "claim", boot: node.boot, turn, version, limits, gates },
      };
      const reply = this.#receive(message);
      this.#post(this.#chance() * 3_000 ** this.#chance(), () => answer(reply));
    });
  }

  #receive(message: LimiterMessage): LimiterReply | undefined {
    const step = limiterBehaviour.receive(this.state, message, {
      ...{ id: actorId("q~all@limiter"), nowMs: WALL_MS + this.nowMs, chance: 0, unique: "u" },
      ...{ node: "n" as NodeName, boot: "n1" as BootId, nextVersion: 1 },
      lives: (boot) => this.#lives(boot),
    });
    const stored = limiterBehaviour.encode(step.state);
    const draft = draftOfLimiter("q", { id: actorId("q~all@limiter"), nowMs: WALL_MS });
    this.state = limiterBehaviour.decode({ ...draft, ...stored, shard: 0 as never, version: 1 });
    assert.deepEqual(this.state, step.state, "what is stored is what there was (C4)");
    for (const effect of step.effects) this.#call(effect);
    return step.reply;
  }

  #call({ calls }: LimiterEffect): void {
    for (const { boot, gates } of calls) {
      const node = this.nodes.find((each) => each.boot === boot);
      if (node) this.#post(5, () => node.book.called(LINE, gates, this.nowMs));
    }
  }

  #post(delayMs: number, deliver: () => void, { certain = false } = {}): void {
    if (this.lossy && !certain && this.#chance() < 0.15) return;
    const atMs = this.nowMs + (this.lossy || certain ? delayMs : 10);
    this.#posts.push({ atMs, deliver });
  }

  #chance(): number {
    if (!this.lossy) return 0.5;
    return this.#chances[this.#drawn++ % this.#chances.length]!;
  }

  /** Attempts of a node that is gone count until its session has lapsed; of one that slept, those are lost too. */
  #check(): void {
    const counted = [...this.nodes, ...this.gone].filter((node) => this.#lives(node.boot));
    const running = counted.reduce((sum, node) => sum + node.running, 0);
    assert.ok(running <= LIMIT, `${running} run at ${this.nowMs} ms (LG1, LG2)`);
  }
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("work" as const), at: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("end" as const), at: fc.nat(2) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("pass" as const),
      ms: fc.constantFrom(10, 100, 700, 3_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("kill" as const), at: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("pause" as const),
      at: fc.nat(2),
      ms: fc.constantFrom(500, 2_400),
    }),
  },
);

Deno.test("never more run than may, whatever is lost, late, paused or killed; then all is used again (LG1, LG2)", () => {
  const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
    minLength: 20,
    maxLength: 60,
    size: "max",
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), chances, (steps, chances) => {
      const world = new World(chances);
      for (const one of steps) {
        const node = "at" in one ? world.nodes[one.at]! : null;
        if (one.kind === "work") node!.backlog += 4;
        else if (one.kind === "end" && node!.isUp) node!.end();
        else if (one.kind === "kill") world.kill(one.at);
        else if (one.kind === "pause") node!.pausedUntilMs = world.nowMs + one.ms;
        else if (one.kind === "pass") world.pass(one.ms);
      }
      world.lossy = false;
      world.nodes.forEach((node) => node.backlog += 10);
      world.pass(12_000);
      const running = world.nodes.reduce((sum, node) => sum + node.running, 0);
      assert.equal(running, LIMIT, "permits are lost");
      world.nodes.forEach((node) => node.backlog = 8);
      for (let round = 0; round < 30; round++) {
        for (const node of world.nodes) node.end();
        world.pass(500);
      }
      const waiting = world.nodes.map(({ backlog }) => backlog);
      assert.deepEqual(waiting, [0, 0, 0], "somebody never got a turn");
    }),
    { numRuns: 80 },
  );
});
