/**
 * Context: how this program's sockets are set up, all options in one place.
 *
 * @module
 */
import { TRANSPORT_LINKS_MAX, TRANSPORT_MESSAGE_BYTES_MAX } from "../../limits.ts";
import type { CurveKeys } from "./keys.ts";
import { openZmq } from "./library.ts";
import { zmqFault, ZmqSocket } from "./socket.ts";
import { decodeZ85 } from "./z85.ts";

/** Where authentication requests are sent, by RFC 27. */
export const ZAP_ENDPOINT = "inproc://zeromq.zap.01";
/** The name under which this program's are. */
export const ZAP_DOMAIN = "orrery";

/** A connection must have shaken hands within this, ms: half-open ones don't pile up. */
const HANDSHAKE_MS = 3_000;
/** Messages that wait to be sent inside the library, of each link. Few: ours has bounds that are known. */
const SEND_HIGH_WATER = 32;
/**
 * Messages that were received and wait for us: as many as come. With a bound the library stops to read from
 * a connection, and aborts the process when one ends meanwhile that also has something to be sent
 * (`!_io_error`, libzmq issue 4841): so ended nodes that woke from a long pause to a flood. Only nodes that
 * were let in can send, and they stop when nobody answers.
 */
const RECEIVE_HIGH_WATER = 0;
/** Connections that may wait to be accepted. */
const BACKLOG = 1_024;
/** Silent links are asked for a sign of life, ms, and are dead without one. */
const HEARTBEAT_MS = 2_000;
const HEARTBEAT_DEAD_MS = 6_000;
/** Pause before a link is tried again, ms: at first, and at most. */
const RECONNECT_MS = 50;
const RECONNECT_MAX_MS = 1_000;
/** How long a connection may take to come about, ms. */
const CONNECT_MS = 3_000;
const CONTEXT_MAX_SOCKETS = 2;
/** The listener, the authenticator, the monitor with its other end, some that are just being closed. */
const SOCKETS_BESIDE_LINKS = 512;

/** The options of every socket that is on the network. */
const SHARED = {
  linger: 0,
  sendHighWater: SEND_HIGH_WATER,
  receiveHighWater: RECEIVE_HIGH_WATER,
  handshakeMs: HANDSHAKE_MS,
  heartbeatMs: HEARTBEAT_MS,
  heartbeatTtlMs: HEARTBEAT_DEAD_MS,
  heartbeatTimeoutMs: HEARTBEAT_DEAD_MS,
  tcpKeepalive: 1,
  tcpKeepaliveIdleSeconds: 10,
  tcpKeepaliveIntervalSeconds: 5,
  tcpKeepaliveCount: 3,
} as const;

/** A new context: one of the library's threads, and room for all links. */
export function newContext(): Deno.PointerValue {
  const zmq = openZmq();
  const context = zmq.zmq_ctx_new();
  if (context === null) throw zmqFault(zmq, "no context");
  zmq.zmq_ctx_set(context, CONTEXT_MAX_SOCKETS, TRANSPORT_LINKS_MAX + SOCKETS_BESIDE_LINKS);
  return context;
}

/**
 * The socket that listens. Senders get the ids that it makes up: a peer can't choose one, so it
 * can't take over another's route, which is what handing over would allow. Sending to a route that
 * is gone is an error instead of silence.
 */
export function listener(context: Deno.PointerValue, keys: CurveKeys | undefined): ZmqSocket {
  const socket = new ZmqSocket(context, "router")
    .set({ ...SHARED, routerMandatory: 1, backlog: BACKLOG });
  limitMessages(socket);
  if (keys === undefined) return socket;
  return socket.set({ curveServer: 1 })
    .setBytes("curveSecretKey", keyBytes(keys.secretKey))
    .setBytes("zapDomain", new TextEncoder().encode(ZAP_DOMAIN));
}

/**
 * The socket of a link to `address`. It takes nothing before it is connected: what waits, waits in
 * our queue, where it can be taken back.
 */
export function connector(
  context: Deno.PointerValue,
  address: string,
  keys: CurveKeys | undefined,
): ZmqSocket {
  const socket = new ZmqSocket(context, "dealer").set({
    ...SHARED,
    immediate: 1,
    reconnectMs: RECONNECT_MS,
    reconnectMaxMs: RECONNECT_MAX_MS,
    connectTimeoutMs: CONNECT_MS,
    ipv6: address.startsWith("[") ? 1 : 0,
  });
  limitMessages(socket);
  if (keys !== undefined) {
    socket.setBytes("curveServerKey", keyBytes(keys.serverKey))
      .setBytes("curvePublicKey", keyBytes(keys.publicKey))
      .setBytes("curveSecretKey", keyBytes(keys.secretKey));
  }
  socket.connect(`tcp://${address}`);
  return socket;
}

/** Larger messages end their connection before they are received. */
function limitMessages(socket: ZmqSocket): void {
  const value = new BigInt64Array([BigInt(TRANSPORT_MESSAGE_BYTES_MAX)]);
  socket.setBytes("messageBytesMax", new Uint8Array(value.buffer));
}

function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const bytes = decodeZ85(key);
  if (bytes === undefined || bytes.length !== 32) throw new TypeError("not a key of 40 characters");
  return bytes;
}
