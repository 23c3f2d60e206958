/**
 * Database: one exclusive connection to one file: how it is opened, and how a transaction ends.
 *
 * Invariants:
 *   D1. While it is open, no other process can open the same file: the lock is taken first of all.
 *   D2. After a transaction failed nothing of it is left, and the next one may succeed: whatever
 *       was kept in memory beside the tables is read again (`onRollback`).
 *   D3. With `full` synchronisation, a commit that returned is on the disk.
 * @module
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { Fault } from "../../../fault.ts";
import { breaksConnection, faultOf, isLocked } from "../faults.ts";
import { fileProblem, makeFolder } from "./files.ts";
import { SCHEMA, SCHEMA_VERSION } from "./schema.ts";

/** How a store is opened. */
export interface DatabaseOptions {
  /** A file's path, or `:memory:`. Missing folders are created. */
  readonly path: string;
  /** The cluster's number of shards: set at the store's birth, compared ever after. */
  readonly shards: number;
  /** `full` (default): a commit survives power loss. `normal`: it survives the process alone. */
  readonly synchronous?: "full" | "normal";
  /** The file never grows beyond so many pages of 4 KiB; at the bound, writes fail as `full`. */
  readonly pagesMax?: number;
}

/** SQLite's page cache, KiB: the upper levels of the indexes of a few million jobs. */
const CACHE_KIB = 16 * 1024;
/** Pages of log before they are moved to the file, ~8 MB: shorter pauses against fewer of them. */
const CHECKPOINT_PAGES = 2_000;
/** The log's file is cut to this size after a checkpoint, bytes. */
const LOG_BYTES_KEPT = 64 * 1024 * 1024;

/** A row as SQLite hands it out: values by position. */
export type Row = readonly (string | number | null | Uint8Array)[];

/** The types that Deno ships don't know this method yet. */
type ArrayStatement = StatementSync & { setReturnArrays(enabled: boolean): void };

/** One prepared statement, whose rows come as {@link Row}s. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    (statement as ArrayStatement).setReturnArrays(true);
    this.#statement = statement;
  }

  /** Runs it; tells how many rows changed. */
  run(...values: (string | number | null | Uint8Array)[]): number {
    return Number(this.#statement.run(...values).changes);
  }

  get(...values: (string | number | null | Uint8Array)[]): Row | undefined {
    return this.#statement.get(...values) as unknown as Row | undefined;
  }

  all(...values: (string | number | null | Uint8Array)[]): readonly Row[] {
    return this.#statement.all(...values) as unknown as readonly Row[];
  }
}

/** The connection. Every method is synchronous and may block on the disk. */
export class Database {
  /** Called after a transaction was undone, to read again what is kept in memory (D2). */
  onRollback: () => void = () => {};
  readonly #db: DatabaseSync;
  readonly #begin: Statement;
  readonly #commit: Statement;
  #broken = false;

  private constructor(db: DatabaseSync) {
    this.#db = db;
    this.#begin = this.prepare("BEGIN IMMEDIATE");
    this.#commit = this.prepare("COMMIT");
  }

  /** Opens or creates a store; throws a `Fault` when it can't or when it isn't ours. */
  static open(options: DatabaseOptions): Database {
    let db: DatabaseSync | undefined;
    try {
      db = connect(options.path);
      configure(db, options);
      const database = new Database(db);
      database.transaction("open", () => admit(database, options.shards));
      return database;
    } catch (error) {
      db?.close();
      throw openingFault(error, options.path);
    }
  }

  /** True after an error that this connection can't be trusted beyond: open another one. */
  get broken(): boolean {
    return this.#broken;
  }

  prepare(sql: string): Statement {
    return new Statement(this.#db.prepare(sql));
  }

  /** Runs `work` as one durable commit (D3); throws a `Fault` with nothing applied, or `timeout` (D2). */
  transaction<T>(op: string, work: () => T): T {
    let committing = false;
    try {
      this.#begin.run();
      const result = work();
      committing = true;
      this.#commit.run();
      return result;
    } catch (error) {
      this.#broken ||= breaksConnection(error);
      this.#undo();
      throw faultOf(error, { op, committing });
    }
  }

  /** Runs `work`, which only reads. */
  read<T>(op: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#broken ||= breaksConnection(error);
      throw faultOf(error, { op, committing: false });
    }
  }

  close(): void {
    this.#db.close();
  }

  #undo(): void {
    try {
      // After some errors SQLite has rolled back by itself.
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      this.onRollback();
    } catch {
      this.#broken = true;
    }
  }
}

/** Opening fails without a code of SQLite's: the file can't be had. */
function connect(path: string): DatabaseSync {
  try {
    if (path !== ":memory:") makeFolder(path);
    return new DatabaseSync(path);
  } catch (error) {
    const message = `the store's file can't be opened: ${(error as Error).message}`;
    throw new Fault("store.open", "unavailable", { message, cause: error });
  }
}

/** The fault of a failed opening; where SQLite is vague, the file system knows more. */
function openingFault(error: unknown, path: string): Error {
  const fault = faultOf(error, { op: "open", committing: false });
  const vague = fault instanceof Fault && fault.code === "unavailable" && !isLocked(error);
  const problem = vague && path !== ":memory:" ? fileProblem(path) : undefined;
  if (problem === undefined) return fault;
  const message = `the store's file can't be used: ${problem.message}`;
  return new Fault("store.open", problem.code, { message, cause: error });
}

/** Statements one by one: `exec` throws errors without a code. */
function configure(db: DatabaseSync, options: DatabaseOptions): void {
  const settings = [
    "locking_mode = EXCLUSIVE",
    "page_size = 4096",
    "journal_mode = WAL",
    `synchronous = ${options.synchronous === "normal" ? "NORMAL" : "FULL"}`,
    `cache_size = -${CACHE_KIB}`,
    `wal_autocheckpoint = ${CHECKPOINT_PAGES}`,
    `journal_size_limit = ${LOG_BYTES_KEPT}`,
    "temp_store = MEMORY",
  ];
  if (options.pagesMax !== undefined) settings.push(`max_page_count = ${options.pagesMax}`);
  for (const setting of settings) db.prepare(`PRAGMA ${setting}`).all();
}

/** Makes an empty file ours, or makes sure that a filled one is. */
function admit(database: Database, shards: number): void {
  const table = database.prepare("SELECT count(*), sum(name = 'meta') FROM sqlite_master").get();
  if (table?.[0] === 0) {
    for (const statement of SCHEMA) database.prepare(statement).run();
    const put = database.prepare("INSERT INTO meta VALUES(?, ?)");
    put.run("schema", SCHEMA_VERSION);
    put.run("shards", shards);
    return;
  }
  if (table?.[1] !== 1) refuse("the file holds tables of another program");
  const read = database.prepare("SELECT value FROM meta WHERE key = ?");
  const schema = read.get("schema")?.[0];
  if (schema !== SCHEMA_VERSION) {
    refuse(`the store has format ${schema}, this program reads and writes ${SCHEMA_VERSION}`);
  }
  const born = read.get("shards")?.[0];
  if (born !== shards) {
    refuse(
      `the store was created with ${born} shards and is now opened with ${shards}: ` +
        `set "shards" to ${born}, it can't change after a store's birth`,
    );
  }
}

function refuse(message: string): never {
  throw new Fault("store.open", "mismatch", { message });
}
