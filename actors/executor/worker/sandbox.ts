/**
 * Sandbox: takes from a worker's realm what a handler must not use, before any handler is imported.
 *
 * Intuition: Deno's permissions keep a handler from the machine; this keeps it from its neighbours and
 * from the plumbing. What would end the worker (exit, close) throws instead, so that the attempt that
 * called it fails, with its own error. What would talk past the plumbing is gone. The built-in objects
 * that the plumbing relies on cannot be changed: patching one throws at the line that tries.
 *
 * Invariants: L1. After `lockDown`, handler code cannot end its worker but by blocking it or by memory. L2. Methods
 * that the plumbing calls are the original ones.
 * Limits: handlers with the same permissions share a realm; they can disturb each other by state they put on
 * globals on purpose. A handler that must not be reached by others gets permissions of its own.
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Raised when a handler uses what its sandbox does not offer. */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
  readonly retryable = false;
}

/** Methods that stay assignable, because classes routinely define their own. */
const OPEN_METHODS: ReadonlySet<PropertyKey> = new Set([
  "constructor",
  "toString",
  "toLocaleString",
  "valueOf",
  "name",
  "length",
]);
/** Globals that the plumbing and neighbours rely on. */
const FIXED_GLOBALS = [
  "AbortController",
  "AbortSignal",
  "Array",
  "ArrayBuffer",
  "Atomics",
  "Date",
  "Deno",
  "Error",
  "Function",
  "JSON",
  "Map",
  "Math",
  "MessagePort",
  "Object",
  "Promise",
  "Reflect",
  "Set",
  "String",
  "clearInterval",
  "clearTimeout",
  "console",
  "fetch",
  "setImmediate",
  "setInterval",
  "setTimeout",
] as const;

/** Locks the realm down; `log` gets what handlers write to the console. Must run before handlers are imported. */
export function lockDown(log: (parts: readonly unknown[]) => void): void {
  const scope = globalThis as unknown as Record<string, unknown>;
  forbid(scope, ["postMessage", "close", "Worker"]);
  fix(scope, { key: "BroadcastChannel", value: undefined });
  fix(scope, { key: "onmessage", value: null });
  forbid(Deno as unknown as Record<string, unknown>, ["exit", "addSignalListener"], "Deno.");
  const process = scope.process as Record<string, unknown> | undefined;
  if (process) forbid(process, ["exit", "reallyExit", "abort", "kill"], "process.");
  redirectConsole(log);
  for (const value of intrinsics()) fixMethods(value);
  Object.preventExtensions(Object.prototype);
  Object.preventExtensions(Array.prototype);
  for (const key of FIXED_GLOBALS) fix(scope, { key, value: scope[key] });
}

function forbid(owner: Record<string, unknown>, keys: readonly string[], prefix = ""): void {
  for (const key of keys) {
    // A function expression, because `new Worker()` must throw this too.
    const value = function (): never {
      throw new ForbiddenError(
        `${prefix}${key} is not available to handlers: return or throw instead`,
      );
    };
    fix(owner, { key, value });
  }
}

/** Console lines become lines of the job's log. */
function redirectConsole(log: (parts: readonly unknown[]) => void): void {
  const redirected = (...parts: readonly unknown[]) => log(parts);
  for (const level of ["debug", "error", "info", "log", "trace", "warn"] as const) {
    console[level] = redirected;
  }
}

/** Objects whose methods the plumbing (Comlink, the runner, JSON) calls. */
function intrinsics(): object[] {
  const iterator = (value: Iterable<unknown>) => Object.getPrototypeOf(value[Symbol.iterator]());
  return [
    Array,
    Array.prototype,
    Atomics,
    AsyncLocalStorage.prototype,
    EventTarget.prototype,
    Function.prototype,
    iterator([]),
    iterator(new Map()),
    iterator(new Set()),
    JSON,
    Map.prototype,
    Math,
    MessagePort.prototype,
    Number,
    Object,
    Promise,
    Promise.prototype,
    Reflect,
    Set.prototype,
    String.prototype,
    WeakMap.prototype,
  ];
}

/** Makes every method of `owner` unchangeable (L2). */
function fixMethods(owner: object): void {
  for (const key of Reflect.ownKeys(owner)) {
    const property = Reflect.getOwnPropertyDescriptor(owner, key);
    if (OPEN_METHODS.has(key) || !property?.configurable) continue;
    if (typeof property.value === "function") fix(owner, { key, value: property.value });
    else if (property.get) Object.defineProperty(owner, key, { configurable: false });
  }
}

function fix(owner: object, { key, value }: { key: PropertyKey; value: unknown }): void {
  Object.defineProperty(owner, key, {
    value,
    writable: false,
    configurable: false,
    enumerable: Reflect.getOwnPropertyDescriptor(owner, key)?.enumerable ?? false,
  });
}
