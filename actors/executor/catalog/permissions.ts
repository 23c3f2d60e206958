/**
 * Permissions: what a handler declared, cut down to what the operator allows.
 *
 * Intuition: both sides speak Deno's language: per kind `false`, `true` or a list. The result is never
 * more than either side grants. Where both are lists, a declared entry stays if some entry of the cap
 * covers it: a host covers itself and, without a port, its ports; a folder covers what lies in it; a
 * name covers itself; an environment name ending in `*` covers what begins with it. A declared entry
 * that is wider than every entry of the cap is dropped, not narrowed: a handler should say what it needs.
 * Declaring `true` under a list means the list.
 *
 * Invariants: P1. Granted ⊆ declared, except that `true` is replaced by the cap's list. P2. Granted ⊆ cap.
 * P3. Kinds that nobody names are `false`.
 * Not here: how they are enforced (Deno does, per worker).
 * @module
 */
import type { HandlerPermissions } from "../define.ts";

/** The kinds of permission, as Deno names them. */
export const PERMISSION_KINDS = [
  "net",
  "read",
  "write",
  "env",
  "run",
  "ffi",
  "sys",
  "import",
] as const;

/** One kind of permission. */
export type PermissionKind = (typeof PERMISSION_KINDS)[number];
/** Nothing, everything, or exactly these. An empty list is written as `false`. */
export type Grant = boolean | readonly string[];
/** A complete set: every kind is said (P3), because Deno lets a worker inherit what is not. */
export type PermissionSet = Readonly<Record<PermissionKind, Grant>>;

/** Nothing at all. */
export const NO_PERMISSIONS: PermissionSet = grantsOf({});

/** `declared`, complete, sorted and without repeats; relative paths are taken from the absolute `base`. */
export function grantsOf(declared: HandlerPermissions, base = "/"): PermissionSet {
  return each((kind) => {
    const grant = declared[kind] ?? false;
    if (typeof grant === "boolean") return grant;
    const entries = isPathKind(kind) ? grant.map((path) => absolute(path, base)) : grant;
    return listGrant(entries);
  });
}

/** What both `declared` and `cap` grant (P1, P2). A null cap grants what is declared. */
export function intersect(declared: PermissionSet, cap: PermissionSet | null): PermissionSet {
  if (cap === null) return declared;
  return each((kind) => {
    const wanted = declared[kind];
    const allowed = cap[kind];
    if (wanted === false || allowed === false) return false;
    if (allowed === true) return wanted;
    if (wanted === true) return allowed;
    return listGrant(wanted.filter((entry) => allowed.some((by) => covers(kind, { by, entry }))));
  });
}

/** The kinds in which `granted` is less than `declared`, for the operator's log. */
export function reducedKinds(declared: PermissionSet, granted: PermissionSet): PermissionKind[] {
  return PERMISSION_KINDS.filter((kind) =>
    JSON.stringify(declared[kind]) !== JSON.stringify(granted[kind])
  );
}

/** Text that is equal for equal sets: handlers of one key may share a worker. */
export function profileKey(permissions: PermissionSet): string {
  return PERMISSION_KINDS.map((kind) => `${kind}=${JSON.stringify(permissions[kind])}`).join(";");
}

function each(grant: (kind: PermissionKind) => Grant): PermissionSet {
  return Object.fromEntries(PERMISSION_KINDS.map((kind) => [kind, grant(kind)])) as Record<
    PermissionKind,
    Grant
  >;
}

function listGrant(entries: readonly string[]): Grant {
  return entries.length === 0 ? false : [...new Set(entries)].sort();
}

function isPathKind(kind: PermissionKind): boolean {
  return kind === "read" || kind === "write" || kind === "ffi";
}

function covers(kind: PermissionKind, { by, entry }: { by: string; entry: string }): boolean {
  if (by === entry) return true;
  switch (kind) {
    case "read":
    case "write":
    case "ffi":
      return entry.startsWith(by.endsWith("/") ? by : `${by}/`);
    case "net":
    case "import":
      return !hasPort(by) && entry.toLowerCase().startsWith(`${by.toLowerCase()}:`);
    case "env":
      return by.endsWith("*") && entry.startsWith(by.slice(0, -1));
    case "run":
    case "sys":
      return false;
  }
}

/** Tells whether a host entry names a port; IPv6 addresses stand in brackets. */
function hasPort(host: string): boolean {
  return /^(\[[^\]]*\]|[^:[\]]+):\d+$/.test(host);
}

/** `path` without `.`, `..` and repeated slashes, taken from `base` when it is relative. */
function absolute(path: string, base: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
