import assert from "node:assert/strict";
import { Fault } from "../runtime/fault.ts";
import type { BootId, NodeName } from "../runtime/ids.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { openZmqTransport, type ZmqOptions } from "../runtime/transport/zmq/driver.ts";
import { addonPaths, openFirst } from "../runtime/transport/zmq/library.ts";
import { keyFileText, newKeyPair } from "../runtime/transport/zmq/key_file.ts";
import { isKey, parseKeys, readKeys } from "../runtime/transport/zmq/keys.ts";

/** A Fault whose message matches every one of `patterns`. */
function faultThat(...patterns: RegExp[]) {
  return (error: unknown) => {
    assert.ok(error instanceof Fault, String(error));
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  };
}

function open(options: Partial<ZmqOptions>) {
  const [node, boot] = ["a" as NodeName, "1" as BootId];
  return openZmqTransport({ node, boot, bind: "127.0.0.1:0", clock: systemClock, ...options });
}

const CONFIG = new URL("../deno.json", import.meta.url).pathname;
const keys = parseKeys(keyFileText(await newKeyPair()), "cluster.key", []);

Deno.test("openZmqTransport() listens beyond this machine only with keys (W3)", async () => {
  for (const bind of ["0.0.0.0:0", "10.1.2.3:0", "[::]:0", "example.com:0"]) {
    assert.throws(() => open({ bind }), faultThat(/keygen/, /127\.0\.0\.1/));
  }
  const transport = open({ bind: "0.0.0.0:0", advertise: "127.0.0.1:0", curve: keys });
  assert.match(transport.address, /^127\.0\.0\.1:[1-9]\d+$/);
  transport.serve("echo", (body) => body);
  assert.equal(await transport.ask(transport.address, "echo", 1, { deadlineMs: 5_000 }), 1);
  await transport.close();
});

Deno.test("openZmqTransport() wants to know how peers reach a wildcard address", () => {
  assert.throws(() => open({ bind: "0.0.0.0:0", curve: keys }), faultThat(/advertise/));
});

Deno.test("openZmqTransport() says which address is malformed", () => {
  assert.throws(() => open({ bind: "nowhere" }), faultThat(/"nowhere" isn't host:port/));
  assert.throws(() => open({ advertise: "a;b:1" }), faultThat(/"a;b:1" isn't host:port/));
});

Deno.test("openZmqTransport() says that an address is in use", async () => {
  const transport = open({});
  assert.throws(() => open({ bind: transport.address }), faultThat(/can't listen at/, /in use/));
  await transport.close();
});

Deno.test("openZmqTransport() listens on IPv6 and at localhost", async () => {
  for (const bind of ["[::1]:0", "localhost:0"]) {
    const transport = open({ bind });
    transport.serve("echo", (body) => body);
    assert.equal(await transport.ask(transport.address, "echo", 1, { deadlineMs: 5_000 }), 1);
    await transport.close();
  }
});

Deno.test("openFirst() takes the first library that has every function", () => {
  const addons = addonPaths();
  assert.ok(addons.length > 0, "the package's addons are found");
  assert.equal(typeof openFirst(["/nowhere.so", ...addons]).zmq_socket, "function");
});

Deno.test("openFirst() says what was tried and what to do", () => {
  const symbolless = "libc.so.6";
  assert.throws(
    () => openFirst(["/nowhere.so", symbolless]),
    faultThat(/\/nowhere\.so/, /libc\.so\.6/, /deno install/, /libzmq5/),
  );
});

Deno.test("a process without --allow-ffi is told so", async () => {
  const module = new URL("../runtime/transport/zmq/library.ts", import.meta.url).href;
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(
    script,
    `import { openZmq } from ${JSON.stringify(module)};
    try { openZmq(); } catch (error) { console.log(error.message); }`,
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--config", CONFIG, script],
    stdout: "piped",
    stderr: "null",
  }).output();
  await Deno.remove(script);
  assert.match(new TextDecoder().decode(stdout), /Start with --allow-ffi/);
});

Deno.test("newKeyPair() makes pairs that a key file carries, and libzmq agrees", async () => {
  const pair = await newKeyPair();
  assert.ok(isKey(pair.publicKey) && isKey(pair.secretKey));
  const other = (await newKeyPair()).publicKey;
  const parsed = parseKeys(keyFileText(pair), "f", [other]);
  assert.deepEqual(parsed, {
    ...pair,
    serverKey: pair.publicKey,
    allowed: new Set([pair.publicKey, other]),
  });
});

Deno.test("parseKeys() takes the cluster's public key of those who aren't nodes", async () => {
  const [own, cluster] = [await newKeyPair(), await newKeyPair()];
  const text = `# mine\n\n  secret = ${own.secretKey}\nserver=${cluster.publicKey}\n`;
  assert.equal(parseKeys(text, "f", []).serverKey, cluster.publicKey);
});

Deno.test("parseKeys() names the line that is wrong, and tells no key", async () => {
  const { secretKey } = await newKeyPair();
  const wrong = [
    [`secret = ${secretKey.slice(1)}`, /f:1/],
    [`# x\nsecret: ${secretKey}`, /f:2/],
    [`secret = ${secretKey}\nother = ${secretKey}`, /f:2/],
    ["", /no line/],
  ] as const;
  for (const [text, pattern] of wrong) {
    assert.throws(() => parseKeys(text, "f", []), (error) => {
      assert.ok(error instanceof Fault && !error.message.includes(secretKey.slice(1)));
      return faultThat(pattern)(error);
    });
  }
  assert.throws(
    () => parseKeys(`secret = ${secretKey}`, "f", ["short"]),
    faultThat(/security\.curve\.allowed\[0\]/),
  );
});

Deno.test("readKeys() reads a file, and says how to make a missing one", async () => {
  const path = await Deno.makeTempFile();
  const pair = await newKeyPair();
  await Deno.writeTextFile(path, keyFileText(pair));
  assert.equal((await readKeys(path, [])).publicKey, pair.publicKey);
  await Deno.remove(path);
  await assert.rejects(readKeys(path, []), faultThat(/keygen/));
});
