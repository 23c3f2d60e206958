/**
 * Catalog: which handlers a node has, made from the built-in ones and from what the handler files describe.
 *
 * Intuition: files are judged together but fail apart: a broken one is a problem in a list, and the
 * others are served. Names are first come, first served, in the order of the files' paths, so that the
 * outcome does not depend on the file system.
 *
 * Invariants: K1. A name has one handler. K2. Built-in names cannot be taken over. K3. Inline code runs
 * only where no cap was set, or the operator named it.
 * Not here: finding and reading files (discovery.ts), running (executor.ts).
 * @module
 */
import type { HandlerInfo, HandlerProblem } from "../port.ts";
import { describe, type Description, type RawDescription } from "./description.ts";
import {
  grantsOf,
  intersect,
  type PermissionKind,
  type PermissionSet,
  profileKey,
  reducedKinds,
} from "./permissions.ts";

/** One file, as discovery found it. */
export interface FoundModule {
  /** Relative to the handlers folder. */
  readonly file: string;
  readonly url: string;
  readonly outcome:
    | { readonly kind: "described"; readonly raw: RawDescription }
    | { readonly kind: "failed"; readonly problem: string };
}

/** The operator's rules. */
export interface CatalogRules {
  readonly builtinNames: ReadonlySet<string>;
  readonly cap: PermissionSet | null;
  /** Handlers that may run inline although a cap is set. */
  readonly inlineAllowed: ReadonlySet<string>;
  /** What relative paths in permissions are relative to. */
  readonly workingDir: string;
}

/** A handler that came from a file. */
export interface ModuleHandler {
  readonly info: HandlerInfo;
  readonly url: string;
  readonly permissions: PermissionSet;
  /** Handlers with equal profiles share workers. */
  readonly profile: string;
  /** Kinds of permission that the cap took from it. */
  readonly reduced: readonly PermissionKind[];
}

/** The files' handlers by name, and what is wrong with the others. */
export interface Catalog {
  readonly modules: ReadonlyMap<string, ModuleHandler>;
  readonly problems: readonly HandlerProblem[];
}

/** No files at all. */
export const EMPTY_CATALOG: Catalog = { modules: new Map(), problems: [] };

/** Judges `found` by `rules`. */
export function buildCatalog(found: readonly FoundModule[], rules: CatalogRules): Catalog {
  const modules = new Map<string, ModuleHandler>();
  const problems: HandlerProblem[] = [];
  const byPath = [...found].sort((a, b) => a.file < b.file ? -1 : a.file > b.file ? 1 : 0);
  for (const module of byPath) {
    const judged = judge(module, { rules, taken: modules });
    if (typeof judged === "string") problems.push({ file: module.file, problem: judged });
    else modules.set(judged.info.name, judged);
  }
  return { modules, problems };
}

function judge(
  module: FoundModule,
  { rules, taken }: { rules: CatalogRules; taken: ReadonlyMap<string, ModuleHandler> },
): ModuleHandler | string {
  if (module.outcome.kind === "failed") return module.outcome.problem;
  const described = describe(module.outcome.raw);
  if (described.kind === "problems") return described.problems.join("; ");
  const { name, isolation } = described.description;
  if (rules.builtinNames.has(name)) return `the name \`${name}\` is built in`; // (K2)
  const other = taken.get(name);
  if (other) return `the name \`${name}\` is taken by ${other.info.file}`; // (K1)
  if (isolation === "inline" && rules.cap !== null && !rules.inlineAllowed.has(name)) { // (K3)
    return `\`isolation: "inline"\` is refused while handlers.permissionsCap is set, unless handlers.inline names \`${name}\``;
  }
  return handlerOf(module, { description: described.description, rules });
}

function handlerOf(
  { file, url }: FoundModule,
  { description, rules }: { description: Description; rules: CatalogRules },
): ModuleHandler {
  const declared = grantsOf(description.permissions, rules.workingDir);
  const permissions = intersect(declared, rules.cap);
  return {
    info: {
      name: description.name,
      kind: "module",
      isolation: description.isolation,
      timeoutMs: description.timeoutMs,
      file,
      ...(description.retry === null ? {} : { retry: description.retry }),
    },
    url,
    permissions,
    profile: profileKey(permissions),
    reduced: reducedKinds(declared, permissions),
  };
}
