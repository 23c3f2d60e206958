/**
 * Measures the transport between two processes on this machine:
 *
 *     deno run --allow-all bench/transport.ts [--curve] [--seconds N] [--in-flight N]
 *
 * One process asks, the other gives back what it got: bodies of about 200 bytes when packed. First
 * one ask every few milliseconds, for the round trip; then with many in flight, for the rate.
 * @module
 */
import type { BootId, NodeName } from "../runtime/ids.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { openZmqTransport } from "../runtime/transport/zmq/driver.ts";
import { keyFileText, newKeyPair } from "../runtime/transport/zmq/key_file.ts";
import { parseKeys } from "../runtime/transport/zmq/keys.ts";

const CHILD = "--echo";
const DEADLINE_MS = 10_000;
const LIGHT_ASKS = 1_000;
const LIGHT_EVERY_MS = 3;
const WARM_UP_MS = 1_000;
const BODY = { id: "0k3v8q2m1x-7", attempt: 1, dueMs: 1_800_000_000_000, data: "x".repeat(150) };

/** A transport of this process; `keys` is the text of a key file, "" for none. */
function open(node: string, keys: string) {
  return openZmqTransport({
    node: node as NodeName,
    boot: `${Deno.pid}` as BootId,
    bind: "127.0.0.1:0",
    clock: systemClock,
    ...(keys !== "" && { curve: parseKeys(keys, "bench", []) }),
  });
}

function option(name: string, fallback: number): number {
  const at = Deno.args.indexOf(name);
  return at < 0 ? fallback : Number(Deno.args[at + 1] ?? fallback);
}

/** Answers until its standard input ends. */
async function echo(keys: string): Promise<void> {
  const transport = open("echo", keys);
  transport.serve("echo", (body) => body);
  console.log(transport.address);
  for await (const _ of Deno.stdin.readable);
  await transport.close();
}

/** Starts the other process; tells its address and how to end it. */
async function startEcho(keys: string): Promise<{ address: string; end: () => Promise<void> }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", import.meta.url, CHILD, keys],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const end = async () => {
    await child.stdin.close();
    await reader.cancel();
    await child.status;
  };
  return { address: new TextDecoder().decode(value).trim(), end };
}

type Ask = () => Promise<unknown>;

/** Asks for `ms` with `inFlight` always under way; asks a second. */
async function rate(ask: Ask, ms: number, inFlight: number): Promise<number> {
  const beganMs = performance.now();
  let done = 0;
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (performance.now() - beganMs < ms) {
      await ask();
      done++;
    }
  }));
  return done / (performance.now() - beganMs) * 1_000;
}

/** Round trips of `count` single asks, ms, sorted. */
async function roundTrips(ask: Ask, count: number): Promise<number[]> {
  const trips: number[] = [];
  while (trips.length < count) {
    await new Promise((resume) => setTimeout(resume, LIGHT_EVERY_MS));
    const beganMs = performance.now();
    await ask();
    trips.push(performance.now() - beganMs);
  }
  return trips.sort((a, b) => a - b);
}

async function main(): Promise<void> {
  const keys = Deno.args.includes("--curve") ? keyFileText(await newKeyPair()) : "";
  const [seconds, inFlight] = [option("--seconds", 5), option("--in-flight", 1_024)];
  const other = await startEcho(keys);
  const transport = open("asker", keys);
  const ask = () => transport.ask(other.address, "echo", BODY, { deadlineMs: DEADLINE_MS });
  await roundTrips(ask, LIGHT_ASKS / 4);
  const trips = await roundTrips(ask, LIGHT_ASKS);
  await rate(ask, WARM_UP_MS, inFlight);
  const perSecond = await rate(ask, seconds * 1_000, inFlight);
  const at = (share: number) => (trips[Math.floor(trips.length * share)] ?? NaN).toFixed(2);
  console.log(`${keys === "" ? "no keys" : "CURVE"}, ${inFlight} in flight, ${seconds} s:`);
  console.log(`  asks a second          ${Math.round(perSecond)}`);
  console.log(`  round trip, light, ms  median ${at(0.5)}, p99 ${at(0.99)}, max ${at(0.9999)}`);
  await transport.close();
  await other.end();
}

if (Deno.args[0] === CHILD) await echo(Deno.args[1] ?? "");
else await main();
