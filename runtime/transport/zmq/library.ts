/**
 * Library: libzmq, found and opened through the foreign function interface; the only file that
 * names C functions.
 *
 * Intuition: the npm package `zeromq` ships libzmq inside its addon, which exports the C functions.
 * The addon's own JavaScript binding loses wake-ups on Deno, so only the C functions are used. libc's
 * `poll`, `pipe`, `read`, `write` and `close` are reached through the same handle, because the
 * library was linked against them: their library's name differs from system to system.
 *
 * Rules of libzmq that callers keep: a socket belongs to one thread; all calls but `poll` and
 * `zmq_ctx_term` are synchronous and never wait; wrong sizes abort the process, so they are checked
 * before.
 * @module
 */
import { Fault } from "../../fault.ts";

/** The functions, by their C layout. `poll` and `zmq_ctx_term` run on a thread of their own. */
export const SYMBOLS = {
  zmq_ctx_new: { parameters: [], result: "pointer" },
  zmq_ctx_set: { parameters: ["pointer", "i32", "i32"], result: "i32" },
  zmq_ctx_term: { parameters: ["pointer"], result: "i32", nonblocking: true },
  zmq_socket: { parameters: ["pointer", "i32"], result: "pointer" },
  zmq_close: { parameters: ["pointer"], result: "i32" },
  zmq_setsockopt: { parameters: ["pointer", "i32", "buffer", "usize"], result: "i32" },
  zmq_getsockopt: { parameters: ["pointer", "i32", "buffer", "buffer"], result: "i32" },
  zmq_bind: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_connect: { parameters: ["pointer", "buffer"], result: "i32" },
  zmq_socket_monitor: { parameters: ["pointer", "buffer", "i32"], result: "i32" },
  zmq_send: { parameters: ["pointer", "buffer", "usize", "i32"], result: "i32" },
  zmq_socket_monitor_versioned: {
    parameters: ["pointer", "buffer", "u64", "i32", "i32"],
    result: "i32",
    optional: true,
  },
  zmq_msg_init: { parameters: ["buffer"], result: "i32" },
  zmq_msg_recv: { parameters: ["buffer", "pointer", "i32"], result: "i32" },
  zmq_msg_data: { parameters: ["buffer"], result: "pointer" },
  zmq_msg_more: { parameters: ["buffer"], result: "i32" },
  zmq_msg_gets: { parameters: ["buffer", "buffer"], result: "pointer" },
  zmq_msg_close: { parameters: ["buffer"], result: "i32" },
  zmq_errno: { parameters: [], result: "i32" },
  zmq_strerror: { parameters: ["i32"], result: "pointer" },
  zmq_curve_public: { parameters: ["buffer", "buffer"], result: "i32" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true },
  pipe: { parameters: ["buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** libzmq, opened. */
export type Zmq = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** Where systems have a libzmq of their own, for platforms whose addon exports nothing. */
const SYSTEM_LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  linux: ["libzmq.so.5", "libzmq.so"],
  darwin: ["libzmq.5.dylib", "/opt/homebrew/lib/libzmq.dylib", "/usr/local/lib/libzmq.dylib"],
};

let opened: Zmq | undefined;

/**
 * libzmq, opened at the first call and kept for the life of the process. Throws a Fault
 * (`transport.open`, `unavailable`) that says what was tried and what to do.
 */
export function openZmq(): Zmq {
  return opened ??= openFirst([...addonPaths(), ...SYSTEM_LIBRARIES[Deno.build.os] ?? []]);
}

/** Opens the first of `paths` that has every function; the fault of {@link openZmq} when none has. */
export function openFirst(paths: readonly string[]): Zmq {
  const tried: string[] = [];
  for (const path of paths) {
    try {
      return Deno.dlopen(path, SYMBOLS).symbols;
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw lackOf(error);
      tried.push(`${path}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const what = tried.length === 0 ? `nothing for ${Deno.build.target}` : tried.join("; ");
  throw new Fault("transport.open", "unavailable", {
    message: `no usable libzmq (${what}). Run \`deno install\`, or install libzmq 4.3 from your ` +
      "system's packages (Debian: apt-get install libzmq5; macOS: brew install zeromq)",
  });
}

/** The addons of the installed package that may suit this machine, the newest first. */
export function addonPaths(): readonly string[] {
  try {
    const { os, arch } = Deno.build;
    const folder = new URL(
      `../build/${os}/${arch === "aarch64" ? "arm64" : "x64"}/node/`,
      import.meta.resolve("zeromq"),
    );
    const libc = os !== "linux" ? "" : Deno.build.env === "musl" ? "musl" : "glibc";
    return [...Deno.readDirSync(folder)]
      .map(({ name }) => ({ name, abi: Number(/^([a-z]+)-(\d+)-Release$/.exec(name)?.[2] ?? 0) }))
      .filter(({ name, abi }) => abi > 0 && name.startsWith(libc))
      .sort((a, b) => b.abi - a.abi)
      .map(({ name }) => new URL(`${name}/addon.node`, folder).pathname);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw lackOf(error);
    return [];
  }
}

function lackOf(cause: Error): Fault {
  return new Fault("transport.open", "unavailable", {
    message: `libzmq may not be opened: ${cause.message}. Start with --allow-ffi and --allow-read`,
    cause,
  });
}
