/**
 * A process with a transport that answers, until it is killed:
 *
 *     deno run --allow-all tests/transport_echo_child.ts HOST:PORT
 *
 * Prints its address once it listens. Channel `echo` gives back the body; `pid` its process id; `block` blocks
 * its thread for so many ms.
 * @module
 */
import type { BootId, NodeName } from "../runtime/ids.ts";
import { systemClock } from "../runtime/system/system_clock.ts";
import { openZmqTransport } from "../runtime/transport/zmq/driver.ts";

const transport = openZmqTransport({
  node: "echo" as NodeName,
  boot: `${Deno.pid}` as BootId,
  bind: Deno.args[0] ?? "127.0.0.1:0",
  clock: systemClock,
});
transport.serve("echo", (body) => body);
transport.serve("block", (ms) => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
  return null;
});
transport.serve("pid", () => Deno.pid);
console.log(transport.address);
