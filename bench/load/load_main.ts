/**
 * The load generator: a process of its own that posts the same request again and again on
 * keep-alive connections, each waiting for its answer before it asks again.
 *
 * It works on raw sockets, so that it needs a fraction of the server's time: on the machine that
 * both share, every microsecond spent here would be the server's.
 * @module
 */
import { serveRequests } from "../harness/process.ts";
import { quantile } from "../stats.ts";
import { postRequest, readResponse } from "./http_wire.ts";

/** What to send, and for how long. */
export interface LoadOrder {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  readonly seconds: number;
}

/** What came of it. Every request that was sent is counted, also after the time was up. */
export interface LoadResult {
  readonly accepted: number;
  readonly refused: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const ACCEPTED = 202;
const BUFFER_BYTES = 64 * 1024;

async function load(order: LoadOrder): Promise<LoadResult> {
  const request = postRequest({ ...order, host: `${order.host}:${order.port}` });
  const tally = { accepted: 0, refused: 0, timesMs: [] as number[] };
  const startedMs = performance.now();
  const untilMs = startedMs + order.seconds * 1_000;
  const connection = async () => {
    using socket = await Deno.connect({ hostname: order.host, port: order.port });
    socket.setNoDelay(true);
    const exchange = exchanger(socket);
    while (performance.now() < untilMs) {
      const askedMs = performance.now();
      const status = await exchange(request);
      tally.timesMs.push(performance.now() - askedMs);
      if (status === ACCEPTED) tally.accepted++;
      else tally.refused++;
    }
  };
  await Promise.all(Array.from({ length: order.connections }, connection));
  const tookMs = performance.now() - startedMs;
  return {
    accepted: tally.accepted,
    refused: tally.refused,
    requestsPerSecond: tally.accepted / tookMs * 1_000,
    p50Ms: quantile(tally.timesMs, 0.5),
    p99Ms: quantile(tally.timesMs, 0.99),
  };
}

/** Sends a request on `socket` and resolves with the status of its answer. */
function exchanger(socket: Deno.TcpConn): (request: Uint8Array) => Promise<number> {
  const buffer = new Uint8Array(BUFFER_BYTES);
  const decoder = new TextDecoder("latin1");
  return async (request) => {
    for (let sent = 0; sent < request.length;) sent += await socket.write(request.subarray(sent));
    let input = "";
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) throw new Error("the server closed the connection");
      input += decoder.decode(buffer.subarray(0, count));
      const response = readResponse(input);
      if (response !== undefined) return response.status;
    }
  };
}

if (import.meta.main) await serveRequests((request) => load(request as LoadOrder));
