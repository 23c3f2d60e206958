/**
 * Executor: the node's implementation of the port: waits for due times and sends each attempt where it runs.
 *
 * Intuition: three ways to run: inline (built-ins and trusted files), in a worker (every other file), and not
 * at all (no handler of that name). Until its time an attempt is only a timer, so an abort before it
 * costs nothing and nothing was called (E2).
 *
 * Invariants: E1–E4 of port.ts; here: X1. A token is in exactly one of `waiting`, the inline runner and the pool.
 * X2. Reports are never made from within `run` or `abort`, so that callers need not be re-entrant.
 * @module
 */
import type { Timer } from "../../runtime/clock.ts";
import { builtins } from "./builtin/builtins.ts";
import { Warden } from "./builtin/warden.ts";
import { buildCatalog, type Catalog, EMPTY_CATALOG, type FoundModule } from "./catalog/catalog.ts";
import { describeFiles, listHandlerFiles } from "./catalog/discovery.ts";
import { grantsOf } from "./catalog/permissions.ts";
import { neverBegan, stoppedBefore } from "./host/verdicts.ts";
import { type InlineRun, InlineRunner } from "./inline.ts";
import type { ExecutorEnv, ExecutorOptions } from "./options.ts";
import { Pool } from "./pool/pool.ts";
import type { Profile } from "./pool/protocol.ts";
import type {
  AttemptOrder,
  AttemptOutcome,
  AttemptReports,
  Executor,
  HandlerInfo,
  HandlerProblem,
} from "./port.ts";

/** Attempts that an executor holds; the owner's slots are fewer. Beyond it an order ends as `interrupted`. */
export const ATTEMPTS_MAX = 8_192;

/** Makes an executor that knows the built-in handlers; `reload` adds those of the folder. */
export function createExecutor(
  options: ExecutorOptions,
  reports: AttemptReports,
  env: ExecutorEnv,
): Executor {
  return new NodeExecutor(options, { reports, env });
}

/** An attempt before its time. */
interface WaitingOrder {
  readonly order: AttemptOrder;
  /** Null: it is due and about to be dispatched. */
  readonly timer: Timer | null;
}

/** See the module's header; every method is the port's. */
class NodeExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #reports: AttemptReports;
  readonly #env: ExecutorEnv;
  readonly #builtins: ReadonlyMap<string, InlineRun>;
  readonly #own: ReadonlyMap<string, InlineRun>;
  readonly #builtinInfos: readonly HandlerInfo[];
  readonly #inline: InlineRunner;
  readonly #pool: Pool;
  readonly #warden: Warden;
  readonly #waiting = new Map<string, WaitingOrder>();
  #inlineModules: ReadonlyMap<string, InlineRun> = new Map();
  #catalog: Catalog = EMPTY_CATALOG;
  #generation = 0;
  #reloading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(
    options: ExecutorOptions,
    { reports, env }: { reports: AttemptReports; env: ExecutorEnv },
  ) {
    this.#options = options;
    this.#reports = reports;
    this.#env = env;
    this.#own = options.own ?? new Map();
    this.#warden = new Warden({ clock: env.clock });
    this.#builtins = builtins(options, { clock: env.clock, warden: this.#warden });
    this.#builtinInfos = Array.from(this.#builtins.keys(), (name) => ({
      name,
      kind: "builtin",
      isolation: "inline",
      timeoutMs: null,
      file: null,
    }));
    this.#inline = new InlineRunner({ reports, clock: env.clock, spans: env.spans });
    const { workers, heapMiB } = options;
    this.#pool = new Pool({ reports, clock: env.clock, log: env.log, workers, heapMiB });
  }

  run(order: AttemptOrder): void {
    const held = this.#waiting.size + this.#inline.load + this.#pool.load;
    if (this.#closed) return this.#endSoon(order, neverBegan("the node stops"));
    if (this.#options.workers === 0 && !this.#own.has(order.name)) {
      return this.#endSoon(order, neverBegan("the node runs no jobs"));
    }
    if (held >= ATTEMPTS_MAX) return this.#endSoon(order, neverBegan("the executor is full"));
    if (!this.knows(order.name)) return this.#endSoon(order, { kind: "unknown-handler" });
    this.#await(order);
  }

  abort(token: string, reason: "cancelled" | "drain"): void {
    const waiting = this.#waiting.get(token);
    if (waiting) {
      waiting.timer?.cancel();
      this.#waiting.delete(token);
      return this.#endSoon(waiting.order, stoppedBefore(reason, null));
    }
    queueMicrotask(() => { // (X2)
      if (!this.#inline.abort(token, reason)) this.#pool.abort(token, reason);
    });
  }

  handlers(): readonly HandlerInfo[] {
    return [
      ...this.#builtinInfos,
      ...Array.from(this.#catalog.modules.values(), (module) => module.info),
    ];
  }

  knows(name: string): boolean {
    return this.#builtins.has(name) || this.#own.has(name) || this.#catalog.modules.has(name);
  }

  reload(): Promise<{ handlers: readonly HandlerInfo[]; problems: readonly HandlerProblem[] }> {
    // One after another: the later one sees the newer files.
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => {});
    return reloaded;
  }

  async close(): Promise<void> {
    // First what has not begun, so that nothing begins while the rest ends.
    this.#closed = true;
    for (const { order, timer } of this.#waiting.values()) {
      timer?.cancel();
      this.#reports.ended(order.key, neverBegan("the node stops"));
    }
    this.#waiting.clear();
    this.#inline.close();
    await this.#pool.close();
    // Last: programs that were just interrupted may have left others behind.
    await this.#warden.close();
  }

  /** Waits for the time of `order`; the wall clock is read again when the timer fires, for it may be early (E2). */
  #await(order: AttemptOrder): void {
    const { clock } = this.#env;
    const { token } = order.key;
    const delayMs = order.notBeforeMs - clock.wallMs();
    const waiting: WaitingOrder = {
      order,
      timer: delayMs > 0 ? clock.after(delayMs, () => this.#await(order)) : null,
    };
    this.#waiting.set(token, waiting);
    if (waiting.timer !== null) return;
    queueMicrotask(() => { // (X2)
      if (this.#waiting.get(token) !== waiting) return;
      this.#waiting.delete(token);
      this.#dispatch(order);
    });
  }

  /** Sends a due attempt where it runs, with the code that is loaded now. */
  #dispatch(order: AttemptOrder): void {
    const { name } = order;
    const inline = this.#builtins.get(name) ?? this.#own.get(name) ?? this.#inlineModules.get(name);
    const handler = this.#catalog.modules.get(order.name);
    if (inline || handler) this.#env.began?.(order);
    if (inline) {
      const timeoutMs = order.timeoutMs ?? handler?.info.timeoutMs ?? null;
      this.#inline.start(order, { run: inline, timeoutMs });
    } else if (handler) this.#pool.run(order, handler);
    else this.#reports.ended(order.key, { kind: "unknown-handler" });
  }

  /** Ends an attempt that nothing ran. */
  #endSoon(order: AttemptOrder, outcome: AttemptOutcome): void {
    queueMicrotask(() => this.#reports.ended(order.key, outcome)); // (X2)
  }

  /** Finds, describes, judges and adopts the files; a folder that cannot be read leaves the built-in handlers. */
  async #reload(): Promise<
    { handlers: readonly HandlerInfo[]; problems: readonly HandlerProblem[] }
  > {
    const { handlersDir, permissionsCap, inlineAllowed, heapMiB } = this.#options;
    const { clock } = this.#env;
    const workingDir = Deno.cwd();
    let found: FoundModule[] = [];
    const folderProblems: HandlerProblem[] = [];
    try {
      found = await describeFiles(await listHandlerFiles(handlersDir), { clock, heapMiB });
    } catch (error) {
      const problem = `the handlers folder cannot be read: ${messageOf(error)}`;
      folderProblems.push({ file: handlersDir, problem });
    }
    const catalog = buildCatalog(found, {
      builtinNames: new Set([...this.#builtins.keys(), ...this.#own.keys()]),
      cap: permissionsCap === null ? null : grantsOf(permissionsCap, workingDir),
      inlineAllowed: new Set(inlineAllowed),
      workingDir,
    });
    const inlineProblems = await this.#adopt(catalog);
    const problems = [...folderProblems, ...catalog.problems, ...inlineProblems];
    this.#logReload(catalog, problems);
    return { handlers: this.handlers(), problems };
  }

  /** Makes `catalog` the one in use, once its code is loaded; running attempts keep the code they have. */
  async #adopt(catalog: Catalog): Promise<HandlerProblem[]> {
    if (this.#options.workers === 0) {
      this.#catalog = catalog;
      return [];
    }
    const { runs, problems } = await importInline(catalog, ++this.#generation);
    await this.#pool.renew(profilesOf(catalog));
    const failed = new Set(problems.map(({ file }) => file));
    const modules = [...catalog.modules].filter(([, { info }]) => !failed.has(info.file ?? ""));
    this.#catalog = { ...catalog, modules: new Map(modules) };
    this.#inlineModules = runs;
    return problems;
  }

  /** What an operator must know of a reload. */
  #logReload(catalog: Catalog, problems: readonly HandlerProblem[]): void {
    const { log } = this.#env;
    for (const { info: { name, file }, reduced } of catalog.modules.values()) {
      if (reduced.length === 0) continue;
      log("warn", "the permissions cap takes from what a handler declares", {
        event: "handlers.capped",
        name,
        file,
        kinds: reduced,
      });
    }
    for (const { file, problem } of problems) {
      log("error", "a handler file cannot be used", { event: "handlers.unusable", file, problem });
    }
    const handlers = this.handlers().map(({ name }) => name).join(" ");
    log("info", "handlers loaded", {
      event: "handlers.loaded",
      handlers,
      problems: problems.length,
    });
  }
}

/** Handlers with equal permissions form a profile and share workers. */
function profilesOf(catalog: Catalog): Profile[] {
  const profiles = new Map<string, Profile & { modules: { name: string; url: string }[] }>();
  for (const { info, url, permissions, profile: id } of catalog.modules.values()) {
    if (info.isolation === "inline") continue;
    const profile = profiles.get(id) ?? { id, permissions, modules: [] };
    profile.modules.push({ name: info.name, url });
    profiles.set(id, profile);
  }
  return [...profiles.values()];
}

/** Imports the trusted files into this process; `generation` makes their URLs new, so that changed code is read. */
async function importInline(
  catalog: Catalog,
  generation: number,
): Promise<{ runs: ReadonlyMap<string, InlineRun>; problems: HandlerProblem[] }> {
  const runs = new Map<string, InlineRun>();
  const problems: HandlerProblem[] = [];
  for (const { info, url } of catalog.modules.values()) {
    if (info.isolation !== "inline") continue;
    try {
      const { default: definition } = await import(`${url}?generation=${generation}`);
      runs.set(info.name, (ctx, payload) => definition.run(ctx, payload));
    } catch (error) {
      problems.push({ file: info.file ?? "", problem: `importing it failed: ${messageOf(error)}` });
    }
  }
  return { runs, problems };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
