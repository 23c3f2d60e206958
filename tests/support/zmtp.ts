/**
 * Zmtp: a stranger's side of a ZeroMQ connection, byte by byte (ZMTP 3.0, mechanism NULL).
 * @module
 */

const ascii = (text: string) => new TextEncoder().encode(text);

/** A plain TCP connection to `address`. */
export function dial(address: string): Promise<Deno.TcpConn> {
  const [hostname = "", port] = address.split(":");
  return Deno.connect({ hostname, port: Number(port) });
}

/** The 64 bytes with which either side begins. */
function greeting(mechanism: string): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0]);
  bytes.set(ascii(mechanism), 12);
  return bytes;
}

/**
 * Does its part of a handshake, and waits for the other side's: messages may follow only then.
 * `identity`, if given, is the id that it wants.
 */
export async function shakeHands(conn: Deno.Conn, identity = ""): Promise<void> {
  await writeAll(conn, greeting("NULL"), ready(identity));
  const bytes = new Uint8Array(1_024);
  const whole = (got: number) => got > 65 && got >= 66 + (bytes[65] ?? 0);
  for (let total = 0; !whole(total);) {
    const got = await conn.read(bytes.subarray(total));
    if (got === null) throw new Error("the other side closed");
    total += got;
  }
}

/** The command by which a DEALER is ready. */
function ready(identity = ""): Uint8Array {
  const property = (name: string, value: string) => [
    name.length,
    ...ascii(name),
    0,
    0,
    0,
    value.length,
    ...ascii(value),
  ];
  const body = [5, ...ascii("READY"), ...property("Socket-Type", "DEALER")];
  if (identity !== "") body.push(...property("Identity", identity));
  return new Uint8Array([4, body.length, ...body]);
}

/** A short frame. */
export function frameOf(bytes: Uint8Array, more = false): Uint8Array {
  return new Uint8Array([more ? 1 : 0, bytes.length, ...bytes]);
}

/** How a frame of `size` bytes begins: its size is only claimed. */
export function claim(size: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 2;
  new DataView(bytes.buffer).setBigUint64(1, size);
  return bytes;
}

/** Writes all of `parts`; false when the other side closed. */
export async function writeAll(conn: Deno.Conn, ...parts: Uint8Array[]): Promise<boolean> {
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += await conn.write(part.subarray(at));
    }
    return true;
  } catch {
    return false;
  }
}

/** Resolves with all bytes that came once the other side has closed. */
export async function readToEnd(conn: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(4_096);
  let total = 0;
  try {
    for (let got = await conn.read(buffer); got !== null; got = await conn.read(buffer)) {
      total += got;
    }
  } catch {
    // Reset instead of closed: the end, too.
  }
  conn.close();
  return total;
}
