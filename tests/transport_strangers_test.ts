import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import type { Refusal } from "../runtime/transport/refusals.ts";
import { ZmqStage } from "../runtime/transport/testing/zmq_stage.ts";
import type { ZmqTransport } from "../runtime/transport/zmq/driver.ts";
import { eventually } from "./support/eventually.ts";
import { claim, dial, frameOf, readToEnd, shakeHands, writeAll } from "./support/zmtp.ts";
import { keyFileText, newKeyPair } from "../runtime/transport/zmq/key_file.ts";
import { parseKeys } from "../runtime/transport/zmq/keys.ts";

const DEADLINE_MS = 10_000;
const cluster = await newKeyPair();
const clusterKeys = parseKeys(keyFileText(cluster), "cluster.key", []);

/** A node that counts what it handles, and a friend that may ask it. */
async function setup(keys = true, allowed: readonly string[] = []) {
  const curve = keys ? parseKeys(keyFileText(cluster), "cluster.key", allowed) : undefined;
  const [stage, friends] = [new ZmqStage(curve), new ZmqStage(curve)];
  const node = await stage.open("node");
  const friend = await friends.open("friend");
  const handled: unknown[] = [];
  node.serve("note", (body) => handled.push(body));
  const asked = () => friend.ask(node.address, "note", "friend", { deadlineMs: DEADLINE_MS });
  const close = async () => {
    await friends.close();
    await stage.close();
  };
  return { stage, node, friend, handled, asked, close };
}

/** Waits until `reason` was counted; then it was logged once, and the node serves its friend. */
async function refusedAndServing(
  { stage, node, asked }: Awaited<ReturnType<typeof setup>>,
  reason: Refusal,
  times = 1,
): Promise<void> {
  await eventually(() => node.refusals.of(reason) >= times || undefined, { what: reason });
  const lines = stage.logged.filter(({ fields }) => fields["reason"] === reason);
  assert.equal(lines.length, 1, `${reason} is logged once`);
  assert.equal(typeof await asked(), "number");
}

function failsUndelivered(transport: ZmqTransport, to: string): Promise<void> {
  return assert.rejects(
    transport.ask(to, "note", "stranger", { deadlineMs: 500 }),
    (fault) => fault instanceof Fault && fault.code === "unavailable",
  );
}

Deno.test("a peer without a key gets nothing through, nor does one that wants to be asked", async () => {
  const scene = await setup();
  const strangers = new ZmqStage();
  const stranger = await strangers.open("node");
  await failsUndelivered(stranger, scene.node.address);
  await failsUndelivered(scene.node, stranger.address);
  await refusedAndServing(scene, "handshake");
  assert.deepEqual(scene.handled, ["friend"]);
  await strangers.close();
  await scene.close();
});

Deno.test("a peer with an unknown key gets nothing through", async () => {
  const scene = await setup();
  const text = `${keyFileText(await newKeyPair())}server = ${cluster.publicKey}\n`;
  const strangers = new ZmqStage(parseKeys(text, "stranger.key", []));
  await failsUndelivered(await strangers.open("stranger"), scene.node.address);
  await refusedAndServing(scene, "key");
  assert.deepEqual(scene.handled, ["friend"]);
  await strangers.close();
  await scene.close();
});

Deno.test("a node of another cluster gets nothing through, and isn't asked", async () => {
  const scene = await setup();
  const others = new ZmqStage(parseKeys(keyFileText(await newKeyPair()), "other.key", []));
  const other = await others.open("other");
  await failsUndelivered(other, scene.node.address);
  await failsUndelivered(scene.node, other.address);
  await refusedAndServing(scene, "handshake");
  await others.close();
  await scene.close();
});

Deno.test("an allowed key may ask, but not under the name of a node", async () => {
  const tool = await newKeyPair();
  const scene = await setup(true, [tool.publicKey]);
  await scene.asked();
  const text = `${keyFileText(tool)}server = ${cluster.publicKey}\n`;
  const tools = new ZmqStage(parseKeys(text, "tool.key", []));
  const ask = async (name: string) => {
    const transport = await tools.open(name);
    return await transport.ask(scene.node.address, "note", name, { deadlineMs: 700 });
  };
  assert.equal(await ask("tool"), 2);
  await assert.rejects(
    ask("friend"),
    (fault) => fault instanceof Fault && fault.code === "timeout",
  );
  await refusedAndServing(scene, "stolen-name");
  assert.deepEqual(scene.handled, ["friend", "tool", "friend"]);
  await tools.close();
  await scene.close();
});

Deno.test("bytes that aren't the protocol are refused, with keys and without", async () => {
  for (const keys of [true, false]) {
    const scene = await setup(keys);
    const noise = crypto.getRandomValues(new Uint8Array(10_000));
    noise[0] = 0x47;
    for (let n = 0; n < 20; n++) {
      const conn = await dial(scene.node.address);
      await writeAll(
        conn,
        n % 2 === 0 ? noise : new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"),
      );
      // Without keys this may pass for the oldest protocol, which waits for the rest of a frame.
      if (keys) await readToEnd(conn);
      else conn.close();
    }
    await refusedAndServing(scene, "handshake", 10);
    await scene.close();
  }
});

Deno.test("a frame that claims a gigabyte ends its connection before it is received", async () => {
  const scene = await setup(false);
  for (const size of [1n << 30n, (1n << 64n) - 1n]) {
    const conn = await dial(scene.node.address);
    await shakeHands(conn);
    await writeAll(conn, claim(size));
    await readToEnd(conn);
  }
  assert.equal(typeof await scene.asked(), "number");
  assert.ok(Deno.memoryUsage().rss < 1 << 30);
  await scene.close();
});

Deno.test("well-formed messages of a stranger's own making are refused", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const cases: [Refusal, string, Uint8Array[]][] = [
    ["garbage", "", [frameOf(bytes)]],
    ["frames", "", [frameOf(bytes, true), frameOf(bytes, true), frameOf(bytes)]],
    ["frames", "chosen", [frameOf(bytes)]],
  ];
  for (const [reason, identity, frames] of cases) {
    const scene = await setup(false);
    const conn = await dial(scene.node.address);
    await shakeHands(conn, identity);
    await writeAll(conn, ...frames);
    await refusedAndServing(scene, reason);
    conn.close();
    await scene.close();
  }
});

Deno.test("a session that was recorded is worth nothing when it is replayed", async () => {
  const scene = await setup();
  const recorded: Uint8Array[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const proxied = (async () => {
    const inner = await listener.accept();
    const outer = await dial(scene.node.address);
    const back = outer.readable.pipeTo(inner.writable).catch(() => {});
    const tap = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        recorded.push(chunk.slice());
        controller.enqueue(chunk);
      },
    });
    await inner.readable.pipeThrough(tap).pipeTo(outer.writable).catch(() => {});
    await back;
  })();
  const victims = new ZmqStage(clusterKeys);
  const victim = await victims.open("victim");
  const { port } = listener.addr as Deno.NetAddr;
  const through = `127.0.0.1:${port}`;
  assert.equal(await victim.ask(through, "note", "once", { deadlineMs: DEADLINE_MS }), 1);
  await victims.close();
  await proxied;
  listener.close();

  const replay = await dial(scene.node.address);
  await writeAll(replay, ...recorded);
  await readToEnd(replay);
  await refusedAndServing(scene, "handshake");
  assert.deepEqual(scene.handled, ["once", "friend"]);
  await scene.close();
});

Deno.test("thousands of connections that say nothing are closed, and don't keep others out", async () => {
  const scene = await setup();
  const silent: Deno.TcpConn[] = [];
  for (let n = 0; n < 2_000; n++) silent.push(await dial(scene.node.address));
  assert.equal(typeof await scene.asked(), "number");
  await Promise.all(silent.map(readToEnd));
  await refusedAndServing(scene, "handshake", 1_000);
  await scene.close();
});
