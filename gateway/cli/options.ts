/**
 * Options: every option of the command line, once: what it takes and what it means.
 *
 * Intuition: one namespace for all commands, so an option means the same wherever it is taken; the parser, the
 * help and the shells' completions are made from this table. Where a command gives an option a sense of its own,
 * the command says so (`Command.meanings`).
 * @module
 */

/** What is known of an option. */
export interface OptionForm {
  readonly type: "string" | "boolean";
  readonly multiple?: true;
  /** What it takes, as help shows it; words divided by `|` are all that there are. Undefined: nothing. */
  readonly takes?: string;
  readonly what: string;
}

function text(takes: string, what: string) {
  return { type: "string", takes, what } as const;
}

function list(takes: string, what: string) {
  return { type: "string", multiple: true, takes, what: `${what}; may be repeated` } as const;
}

function flag(what: string) {
  return { type: "boolean", what } as const;
}

const JOB_STATES = "scheduled|pending|running|retrying|completed|failed|cancelled";

/** The options by their names. */
export const OPTIONS = {
  "url": text("URL", "the node that is asked; else $ORRERY_URL, else http://127.0.0.1:8080"),
  "key": text("KEY", "the API key; others on the machine can see it: prefer --key-file"),
  "key-file": text("FILE", "a file that holds the API key; else $ORRERY_KEY, $ORRERY_KEY_FILE"),
  "json": flag("print JSON, for machines"),
  "help": flag("show this"),
  "version": flag("show the version"),
  "id": text("ID", "an id of your own"),
  "queue": text("QUEUE", "the queue"),
  "priority": text("0-9", "9 goes first"),
  "delay": text("10m", "start that much later"),
  "run-at": text("TIME", "start then, as in 2027-01-01T00:00:00Z"),
  "timeout": text("30s", "the longest that an attempt may take"),
  "attempts": text("N", "attempts in all, the first included"),
  "tag": list("TAG", "a tag"),
  "concurrency-key": text(
    "KEY",
    "one of a tenant, say: the queue's limits of each key hold for it",
  ),
  "start-within": text("10s", "alert when it has not started that long after its time"),
  "finish-within": text("5m", "alert when it has not ended that long after its time"),
  "delivery": text("at-least-once|at-most-once", "whether a lost attempt is made again"),
  "idempotency-key": text("KEY", "the same key and job again is answered with the same job"),
  "follow": flag("stay, and show what comes until it is over"),
  "payload": text("JSON", "the payload; @FILE reads it from a file, - from stdin"),
  "unique": text("KEY", "while a job of this key is not over, there is no other"),
  "window": text("1h", "the key is held that long from its acceptance"),
  "on-conflict": text("reject|keep|replace", "what becomes of it when the key is held"),
  "debounce": text("KEY", "only the last of a burst runs"),
  "wait": text("5s", "run when no other of the key came for this long"),
  "max-wait": text("1m", "put it off no longer than this"),
  "throttle": text("KEY", "at most one of this key runs per --every"),
  "state": text(JOB_STATES, "only those in this state"),
  "states": text("STATE,…", "jobs that come into one of these states; else all"),
  "queues": text("QUEUE,…", "jobs of these queues, mail* for all that begin so; else all"),
  "names": text("NAME,…", "jobs of these names; else all"),
  "secret-env": text("NAME", "the node's environment variable that holds the secret"),
  "secret-file": text("FILE", "the file in the nodes' folder of secrets that holds the secret"),
  "from": text("TIME", "with the first event since then"),
  "sequence": text("N", "with the event of this number"),
  "name": text("NAME", "only those of this name"),
  "all": flag("all there are, without a filter"),
  "order": text("newest|oldest", "which come first"),
  "limit": text("N", "at most so many"),
  "cursor": text("CURSOR", "go on where a page ended"),
  "after": text("LINE", "go on behind this line"),
  "cron": text("RULE", "as in '0 2 * * *'; also L, #, W, names, six fields and @daily"),
  "every": text("15m", "one per this span"),
  "rrule": text("RULE", "RFC 5545, as in FREQ=MONTHLY;BYDAY=-1FR"),
  "timezone": text("ZONE", "whose clock the rule goes by, as in Europe/Berlin; default UTC"),
  "start-at": text("TIME", "not before this"),
  "end-at": text("TIME", "not after this"),
  "count": text("N", "so many in all"),
  "jitter": text("30s", "each is late by up to this"),
  "overlap": text(
    "skip|queue-one|queue-all|allow|cancel-previous",
    "what a fire does while the job of an earlier one is not over",
  ),
  "misfire": text("fire-once|skip|catch-up", "what becomes of times that were missed"),
  "misfire-window": text("1h", "older ones are not made up for"),
  "misfire-max": text("N", "a catch-up makes up for so many"),
  "dst-gap": text("run-after|skip", "a local time that the clocks skip"),
  "dst-overlap": text("first|last|both", "a local time that comes twice"),
  "exclude": list("DATE", "a local date on which nothing fires"),
  "exclude-calendar": list("NAME", "a calendar on whose dates nothing fires"),
  "note": text("WHY", "kept with it, for people"),
  "pause": flag("start no more of its jobs"),
  "resume": flag("start its jobs again"),
  "concurrency": text("N", "so many at once"),
  "rate": text("N/minute", "so many starts per span"),
  "key-concurrency": text("N", "so many of each concurrency key at once"),
  "key-rate": text("N/minute", "so many starts of each concurrency key per span"),
  "for": text("2h", "for how long"),
  "status": text("firing|resolved", "only those of this status"),
  "id-prefix": text("PREFIX", "ids of PREFIX and the line's number: a second run makes none twice"),
  "dry-run": flag("say what would be done, and do nothing"),
  "batch": text("N", "jobs per request"),
  "scopes": text("read,write,admin", "what the key may do"),
  "namespaces": text("NAME,…", "only the queues of these names, and below them at a dot"),
  "expires": text("90d|TIME", "when it ends"),
} as const satisfies Readonly<Record<string, OptionForm>>;

/** The name of an option, without its dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What every command takes. */
export const GLOBAL_OPTIONS = ["url", "key-file", "key", "json", "help"] as const;
