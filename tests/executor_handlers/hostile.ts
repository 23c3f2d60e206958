/** One handler for every way in which user code goes wrong; `payload` names it. */
const held: unknown[] = [];

type Act = () => unknown;
const acts: Record<string, Act> = {
  "sync-loop": () => {
    for (;;);
  },
  "microtask-loop": async () => {
    for (;;) await null;
  },
  "async-loop": async () => {
    for (;;) await new Promise((next) => setTimeout(next, 1));
  },
  "late-sync-loop": async () => {
    await new Promise((next) => setTimeout(next, 20));
    for (;;);
  },
  "heap": () => {
    for (;;) held.push(new Array(1_000).fill(held.length));
  },
  "off-heap": () => {
    for (;;) held.push(new Uint8Array(16 * 1024 * 1024).fill(1));
  },
  "exit": () => Deno.exit(3),
  "process-exit": () => {
    (globalThis as unknown as { process: { exit(code: number): void } }).process.exit(3);
  },
  "process-abort": () => {
    (globalThis as unknown as { process: { abort(): void } }).process.abort();
  },
  "close": () => (globalThis as unknown as { close(): void }).close(),
  "rejection": async () => {
    Promise.reject(new RangeError("nobody waits"));
    await new Promise((next) => setTimeout(next, 5_000));
  },
  "timer-throw": async () => {
    setTimeout(() => {
      throw new RangeError("in a timer");
    }, 1);
    await new Promise((next) => setTimeout(next, 5_000));
  },
  "throw-text": () => {
    throw "just text";
  },
  "throw-null": () => {
    throw null;
  },
  "throw-proxy": () => {
    throw new Proxy({}, {
      get() {
        throw new Error("trap");
      },
    });
  },
  "huge-message": () => {
    throw new Error("x".repeat(100_000_000));
  },
  "huge-text": () => "x".repeat(500_000_000),
  "huge-array": () => new Array(1_000_000_000),
  "huge-filled-array": () => new Array(5_000_000).fill(1),
  "huge-bytes": () => new Uint8Array(1_000_000_000),
  "cycle": () => {
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    return ring;
  },
  "bigint": () => ({ n: 10n }),
  "function": () => () => 1,
  "symbol": () => Symbol("s"),
  "endless-json": () => ({
    toJSON() {
      return { a: this, b: [this] };
    },
  }),
  "read": () => Deno.readTextFileSync("/etc/passwd"),
  "write": () => Deno.writeTextFileSync("/tmp/orrery-must-not-exist", "x"),
  "connect": () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  "listen": () => Deno.listen({ port: 0 }),
  "fetch": () => fetch("http://127.0.0.1:8080/"),
  "env": () => Deno.env.toObject(),
  "run": () => new Deno.Command("id").outputSync(),
  "kill": () => Deno.kill(Deno.ppid, "SIGKILL"),
  "ffi": () => Deno.dlopen("libc.so.6", {}),
  "import-file": () => import(["file:///etc", "hostname"].join("/")),
  "import-remote": () => import(["https://127.0.0.1:9", "x.ts"].join("/")),
  "worker": () => new Worker("data:text/javascript,for(;;);", { type: "module" }),
  "post": () => (globalThis as unknown as { postMessage(m: unknown): void }).postMessage("x"),
  "patch-json": () => {
    JSON.stringify = () => "1";
  },
  "patch-array": () => {
    Array.prototype.push = () => 0;
  },
  "patch-promise": () => {
    Promise.prototype.then = () => new Promise(() => {});
  },
  "patch-object": () => {
    (Object.prototype as { then?: unknown }).then = 1;
  },
  "patch-map": () => {
    Map.prototype.get = () => undefined;
  },
  "patch-port": () => {
    MessagePort.prototype.postMessage = () => {};
  },
  "patch-timers": () => {
    (globalThis as { setTimeout: unknown }).setTimeout = null;
  },
};

export default {
  name: "hostile",
  run(_ctx: unknown, payload: string) {
    const act = acts[payload];
    if (!act) throw new Error(`no act ${payload}`);
    return act();
  },
};
