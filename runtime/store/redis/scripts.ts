/**
 * Scripts: the store's operations as they run inside Redis, one script each.
 *
 * Every script begins with the prelude, which says how a storage group is laid out. Redis keeps them by their
 * SHA-1; one that it has lost (a restart, SCRIPT FLUSH) is sent again by the client.
 * @module
 */
import APPLY from "./lua/apply.lua" with { type: "text" };
import DUE from "./lua/due.lua" with { type: "text" };
import EXPIRED from "./lua/expired.lua" with { type: "text" };
import FIND from "./lua/find.lua" with { type: "text" };
import INDEX from "./lua/index.lua" with { type: "text" };
import INDEX_WRITE from "./lua/index_write.lua" with { type: "text" };
import JOURNAL from "./lua/journal.lua" with { type: "text" };
import LOAD from "./lua/load.lua" with { type: "text" };
import PRELUDE from "./lua/prelude.lua" with { type: "text" };
import SESSIONS from "./lua/sessions.lua" with { type: "text" };
import SWEEP from "./lua/sweep.lua" with { type: "text" };
import TIMES from "./lua/times.lua" with { type: "text" };
import TIMES_WRITE from "./lua/times_write.lua" with { type: "text" };

/** What keeps the index, for scripts that change actors. */
const INDEXING = TIMES + INDEX + TIMES_WRITE + INDEX_WRITE;

/** The scripts by name; each takes one key, the group's prefix. */
export const SCRIPTS = {
  apply: PRELUDE + INDEXING + APPLY,
  load: PRELUDE + LOAD,
  find: PRELUDE + FIND,
  due: PRELUDE + TIMES + DUE,
  expired: PRELUDE + TIMES + EXPIRED,
  sweep: PRELUDE + INDEXING + SWEEP,
  journal: PRELUDE + JOURNAL,
  sessions: PRELUDE + SESSIONS,
} as const;

/** The name of a script. */
export type ScriptName = keyof typeof SCRIPTS;
