import assert from "node:assert/strict";
import { jobIn, NOW_MS } from "../../actors/job/testing/samples.ts";
import type { BootId } from "../../runtime/ids.ts";
import { VirtualClock } from "../../runtime/testing/virtual_clock.ts";
import {
  ATTENTION_LINGERS_MS,
  ATTENTION_MS,
  LISTENER_LEASE_MS,
  NEWCOMER_MS,
  ORDER_WAIT_MS,
  PEERS_LOOK_EVERY_MS,
} from "../limits.ts";
import { changeOf } from "../feed.ts";
import type { Attention } from "../service.ts";
import { JointFeed } from "./joint_feed_driver.ts";

/** Longest that anything takes between nodes that reach each other, ms. */
const SOON_MS = 100;
const ASK_MS = 5_000;

type Answer = (body: unknown, from: BootId) => unknown;

/** The feeds of a few nodes, a network that takes 1 ms, in virtual time. */
class Company {
  readonly clock = new VirtualClock();
  /** Nodes that others know of. */
  readonly known = new Set<string>();
  /** Nodes that nobody reaches, and that reach nobody. */
  readonly cut = new Set<string>();
  /** Asks made so far. */
  asks = 0;
  readonly #channels = new Map<string, Answer>();

  open(boot: string, { heldMax = 1_000 } = {}): JointFeed {
    const { clock } = this;
    this.known.add(boot);
    return new JointFeed({
      ...{ clock, boot: boot as BootId, heldMax },
      peers: {
        others: () =>
          [...this.known].filter((one) => one !== boot)
            .map((one) => ({ boot: one as BootId, name: one.charAt(0) })),
        ask: (to, channel, body) => this.#ask({ from: boot, to, channel, body }),
        serve: (channel, answer) => void this.#channels.set(`${boot} ${channel}`, answer),
      },
    });
  }

  /** Lets time pass; timers that are late for nobody fire too. */
  pass(ms = SOON_MS): Promise<void> {
    return this.clock.pass(ms);
  }

  #ask(
    { from, to, channel, body }: { from: string; to: string; channel: string; body: unknown },
  ): Promise<unknown> {
    this.asks++;
    const reached = () => !this.cut.has(from) && !this.cut.has(to);
    return new Promise((resolve, reject) => {
      const late = this.clock.after(ASK_MS, () => reject(new Error("no answer in time")));
      this.clock.after(1, async () => {
        if (!reached()) return;
        const answer = await this.#channels.get(`${to} ${channel}`)?.(body, from as BootId);
        this.clock.after(1, () => {
          if (!reached()) return;
          late.cancel();
          resolve(structuredClone(answer));
        });
      });
    });
  }
}

function publish(feed: JointFeed, jobId: string, version = 1): void {
  feed.publish(changeOf(jobIn("pending"), { jobId, version, atMs: NOW_MS }));
}

/** Listens; what is heard, in short. */
function listen(feed: JointFeed, jobId?: string) {
  const heard: string[] = [];
  const attention = feed.attend(jobId);
  const wish = { missed: () => void heard.push("gap"), ...(jobId !== undefined && { jobId }) };
  const { stop } = feed.subscribe(wish, (one) => heard.push(`${one.jobId}:${one.version}`));
  const end = () => {
    stop();
    attention.stop();
  };
  return { heard, attention, end };
}

/** What others held of the job, once attention is heard; undefined while it is not. */
function pastOf(attention: Attention): { readonly versions: number[] | undefined } {
  const found: { versions: number[] | undefined } = { versions: undefined };
  attention.heard.then((past) => (found.versions = past.map(({ version }) => version)));
  return found;
}

Deno.test("a listener hears the events of all nodes, its own included", async () => {
  const company = new Company();
  const [a, b, c] = [company.open("a1"), company.open("b1"), company.open("c1")];
  const { heard, attention } = listen(c);
  const past = pastOf(attention);
  await company.pass();
  assert.deepEqual(past.versions, []);
  publish(a, "from-a");
  publish(b, "from-b");
  publish(c, "from-c");
  await company.pass();
  assert.deepEqual(heard.sort(), ["from-a:1", "from-b:1", "from-c:1"]);
});

Deno.test("nothing is asked, and no timer is set, while nobody listens (JF2)", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  publish(a, "job-1");
  await company.pass(60_000);
  assert.deepEqual([company.asks, company.clock.timers], [0, 0]);
  const { end } = listen(c);
  await company.pass();
  assert.ok(company.asks > 0);
  end();
  await company.pass(ATTENTION_LINGERS_MS + 2 * LISTENER_LEASE_MS);
  const asked = company.asks;
  publish(a, "job-1", 2);
  await company.pass(60_000);
  assert.deepEqual([company.asks, company.clock.timers], [asked, 0]);
});

Deno.test("a listener to one job hears that job's events alone, and what others hold of it", async () => {
  const company = new Company();
  const [a, b, c] = [company.open("a1"), company.open("b1"), company.open("c1")];
  publish(b, "job-1", 1);
  publish(a, "job-1", 2);
  publish(a, "job-2", 1);
  const { heard, attention, end } = listen(c, "job-1");
  const past = pastOf(attention);
  await company.pass();
  assert.deepEqual(past.versions?.sort(), [1, 2]);
  publish(a, "job-2", 2);
  publish(a, "job-1", 3);
  await company.pass();
  publish(b, "job-1", 4);
  await company.pass();
  assert.deepEqual(heard, ["job-1:3", "job-1:4"]);
  const second = pastOf(listen(c, "job-1").attention);
  await company.pass();
  assert.deepEqual(second.versions?.sort(), [1, 2, 3, 4], "the next one is told too");
  end();
});

Deno.test("a job's events that two nodes made are heard in order", async () => {
  const company = new Company();
  const [a, b, c] = [company.open("a1"), company.open("b1"), company.open("c1")];
  const { heard } = listen(c);
  await company.pass();
  publish(b, "job-1", 2);
  await company.pass(ORDER_WAIT_MS / 2);
  publish(a, "job-1", 1);
  await company.pass();
  assert.deepEqual(heard, ["job-1:1", "job-1:2"]);
});

Deno.test("what was lost on the way is asked for again: no gap (O1)", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  const { heard } = listen(c);
  await company.pass();
  company.cut.add("a1");
  publish(a, "job-1");
  await company.pass(LISTENER_LEASE_MS * 3);
  assert.deepEqual(heard, []);
  company.cut.clear();
  publish(a, "job-2");
  await company.pass(ASK_MS + SOON_MS * 20);
  assert.deepEqual(heard, ["job-1:1", "job-2:1"]);
});

Deno.test("events that came too fast for the listener are a gap (JF1)", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1", { heldMax: 5 }), company.open("c1")];
  const { heard } = listen(c);
  await company.pass();
  for (let n = 1; n <= 20; n++) publish(a, `job-${n}`);
  await company.pass();
  assert.deepEqual(heard, ["gap", "job-16:1", "job-17:1", "job-18:1", "job-19:1", "job-20:1"]);
});

Deno.test("a node that has gone is a gap: it may have taken events with it (JF1)", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  const { heard } = listen(c);
  await company.pass();
  publish(a, "job-1");
  company.cut.add("a1");
  company.known.delete("a1");
  await company.pass(PEERS_LOOK_EVERY_MS);
  assert.deepEqual(heard, ["gap"]);
});

Deno.test("a node that comes is heard from its birth on; an old one that is found late is a gap", async () => {
  const company = new Company();
  const old = company.open("a1");
  company.known.delete("a1");
  const c = company.open("c1");
  await company.pass(NEWCOMER_MS);
  const { heard } = listen(c);
  const young = company.open("b1");
  publish(young, "first");
  publish(old, "long-ago");
  await company.pass(PEERS_LOOK_EVERY_MS + SOON_MS);
  assert.deepEqual(heard, ["first:1"]);
  company.known.add("a1");
  await company.pass(PEERS_LOOK_EVERY_MS + SOON_MS);
  publish(old, "now");
  await company.pass();
  assert.deepEqual(heard, ["first:1", "gap", "now:1"]);
});

Deno.test("attention waits for a node that does not answer, but not for long (JF3)", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  company.cut.add("a1");
  const { heard, attention } = listen(c);
  const past = pastOf(attention);
  await company.pass(ATTENTION_MS - 1);
  assert.equal(past.versions, undefined);
  await company.pass(1);
  assert.deepEqual(past.versions, []);
  publish(a, "meanwhile");
  company.cut.clear();
  await company.pass(ASK_MS + 1_000);
  assert.deepEqual(heard, ["gap"], "what it did meanwhile is missing");
});

Deno.test("a listener that comes back soon finds what it missed; later it finds a gap", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  listen(c).end();
  await company.pass(ATTENTION_LINGERS_MS / 2);
  publish(a, "job-1");
  await company.pass();
  const back = c.subscribe({ after: 0 }, () => {});
  assert.deepEqual([back.backlog.map(({ jobId }) => jobId), back.gap], [["job-1"], false]);
  await company.pass(ATTENTION_LINGERS_MS);
  assert.equal(c.subscribe({ after: back.latest }, () => {}).gap, true);
});

Deno.test("a thousand streams that open at once are told in few asks", async () => {
  const company = new Company();
  const [a, c] = [company.open("a1"), company.open("c1")];
  const all = Array.from({ length: 1_000 }, (_, n) => listen(c, `job-${n}`));
  await company.pass();
  assert.ok(company.asks < 10, `${company.asks} asks`);
  publish(a, "job-999");
  await company.pass();
  assert.deepEqual(all.at(-1)?.heard, ["job-999:1"]);
});
