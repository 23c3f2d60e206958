/**
 * Limits: every bound of the gateway, with its unit in its name and its reason beside it.
 *
 * Together they bound its memory: requests under way × body, bulk requests × their body, streams ×
 * their buffer. Reaching one is answered with 413, 408 or 503 and never by growing.
 * @module
 */
import { PAYLOAD_BYTES_MAX } from "../actors/job/spec.ts";
import { invariant } from "../runtime/fault.ts";
import { ASK_DEADLINE_MS, FIND_LIMIT_MAX, JOURNAL_LINES_MAX } from "../runtime/limits.ts";

/** Bytes of one request's body, and of one line of a stream: a full payload, even if it is written with escapes. */
export const BODY_BYTES_MAX = 512 * 1024;
/** Bytes of a JSON array of jobs, which is read as a whole. More than that should be streamed. */
export const BULK_BYTES_MAX = 16 * 1024 * 1024;
/** Bytes of a flow: it is kept as a whole, and read whenever one of its jobs ends. */
export const FLOW_BODY_BYTES_MAX = 2 * 1024 * 1024;
/** Jobs of one JSON array. */
export const BULK_ITEMS_MAX = 50_000;
/** Submissions of one bulk request that wait for the store: two full commits. */
export const BULK_IN_FLIGHT_MAX = 1_024;
/** Bulk requests under way: each may hold {@link BULK_BYTES_MAX}. Beyond it: 503. */
export const BULK_REQUESTS_MAX = 16;
/** Nesting of a JSON array of jobs that is still parsed, so that a deep job spoils only itself. */
export const BULK_DEPTH_MAX = 1_000;
/** Accepted jobs that the collected answer to a stream lists; the rest are counted. ~5 MB of text. */
export const BULK_JOBS_LISTED_MAX = 100_000;
/** Refused jobs that the collected answer to a stream lists; the rest are counted. */
export const BULK_ERRORS_LISTED_MAX = 1_000;

/** From a request's headers to the end of its body, ms. Beyond it: 408. */
export const REQUEST_BODY_MS = 10_000;
/** A stream of jobs that sends nothing for this long is taken to be over, ms. */
export const STREAM_IDLE_MS = 60_000;
/** Requests under way. Beyond it: 503. Event streams are counted apart. */
export const REQUESTS_MAX = 2_000;

/** Open event streams. Beyond it: 503. */
export const EVENT_STREAMS_MAX = 1_000;
/** New events waiting for one event stream's reader; a slower reader is cut. Seconds of a busy node. */
export const EVENTS_WAITING_MAX = 1_000;
/** Encoded bytes waiting for one event stream's reader: what the socket takes at once. */
export const EVENT_BUFFER_BYTES = 64 * 1024;
/** Silence on an event stream after which a comment is sent, ms: shorter than proxies' usual 30 s. */
export const EVENT_HEARTBEAT_MS = 15_000;
/** How long one job's stream waits for an event that is missing before it reads the job, ms: other nodes' come that late. */
export const EVENT_HOLE_MS = 200;
/** A job of which nothing was heard for this long is read again by each stream of it, ms. 1,000 streams: 100 reads a second. */
export const EVENT_LOOK_AGAIN_MS = 10_000;
/** Events of one answer to another node that listens; it asks for the rest at once. ~250 KB. */
export const EVENTS_TOLD_MAX = 1_000;
/** How long an answer to another node waits for more events once it has one, ms: 100 answers a second at most. */
export const EVENTS_GATHER_MS = 10;
/** How long another node's ask is held while there is nothing to tell, ms: well within an ask's time. */
export const NEXT_HELD_MS = 1_000;
/** A node that listens and did not ask for this long is forgotten, ms: several asks held to their end. */
export const LISTENER_LEASE_MS = 10_000;
/** How long after its birth a node still tells all of its life to who finds it, ms: views agree within seconds. */
export const NEWCOMER_MS = 30_000;
/** Pause after an ask for events that got no answer, ms. */
export const EVENTS_RETRY_MS = 500;
/** How often it is looked which nodes there are while somebody listens, ms. */
export const PEERS_LOOK_EVERY_MS = 1_000;
/** The longest that a stream's beginning waits until the other nodes know of it, ms. */
export const ATTENTION_MS = 1_000;
/** How long all events are still listened to when no client does any more, ms: reconnects, and proxies' time-outs. */
export const ATTENTION_LINGERS_MS = 30_000;
/** How long an event waits for earlier ones of its job that take another way, ms: a gathering and a round trip. */
export const ORDER_WAIT_MS = 50;
/** How often it is looked whether events waited long enough, ms. */
export const ORDER_LOOK_MS = 10;
/** Events that wait for earlier ones; beyond it they pass as they come. */
export const ORDER_WAITING_MAX = 1_000;
/** Jobs whose latest version is remembered to keep their events in order: ~2 MB. */
export const VERSIONS_KEPT_MAX = 20_000;
/** What event streams tell clients to wait before they come back, ms. */
export const EVENT_RETRY_MS = 2_000;

/** Nesting of a job's JSON: deeper than anything real, far from any stack's end. */
export const JSON_DEPTH_MAX = 64;
/** Problems named in one answer. */
export const FIELD_ERRORS_MAX = 20;
/** Characters of user text that an error repeats. */
export const ECHO_CHARS_MAX = 100;
/** Longest Idempotency-Key, characters. */
export const IDEMPOTENCY_KEY_CHARS_MAX = 255;

/** Longest key that submissions share, characters; it is kept as a hash. */
export const SHARED_KEY_CHARS_MAX = 255;

/** Jobs, schedules or flows of one page of a list. */
export const LIST_LIMIT_MAX = FIND_LIMIT_MAX;
/** The same, where the request does not say. */
export const LIST_LIMIT_DEFAULT = 50;
/** Items of a list that are asked for at once; the page ends early at {@link LIST_CHARS_MAX}. */
export const LIST_STEP = 50;
/** Characters after which a list's page is cut short: full payloads would make it 250 MB. */
export const LIST_CHARS_MAX = 8 * 1024 * 1024;
/** Jobs that one bulk retry or cancel may touch: one page of a search. */
export const ACTION_LIMIT_MAX = FIND_LIMIT_MAX;
/** Lines of one page of a job's log. */
export const LOG_LINES_MAX = 1_000;

/** Characters of a schedule's rule: a cron text takes tens, an rrule with long lists some hundred. */
export const RULE_CHARS_MAX = 1_000;
/** Characters of a time zone's name: the longest that there is has 32. */
export const ZONE_CHARS_MAX = 100;
/** Fires in all that one schedule may be bounded to: once a second for thirty years. */
export const FIRES_MAX = 1_000_000_000;
/** Largest jitter of a schedule, ms: a day. */
export const JITTER_MS_MAX = 86_400_000;
/** Characters of the note that a pause leaves. */
export const PAUSE_NOTE_CHARS_MAX = 500;
/** Coming occurrences that are told at once: some ms of work. */
export const NEXT_COUNT_MAX = 1_000;
/** The same, where the request does not say. */
export const NEXT_COUNT_DEFAULT = 10;
/** Coming occurrences of a new schedule that are looked at to see whether it ever fires. */
export const FIRES_LOOKED_FOR = 100;
/** Lines of one page of a schedule's ledger: all that is kept. */
export const OCCURRENCES_MAX = JOURNAL_LINES_MAX;

/** Stored calendars, about: every node holds them all, at most 30 MB. */
export const CALENDARS_MAX = 500;
/** How often a node reads the calendars again that it should have been told of, ms. */
export const CALENDARS_REREAD_MS = 15_000;

/** Callers whose rate is kept: ~2 MB. Beyond it the longest unused bucket goes. */
export const RATE_BUCKETS_MAX = 10_000;
/** How long a request waits for what other gateways can spare of its caller's rate, ms: a round trip takes some tenths. */
export const RATE_BORROW_MS = 250;
/** How long other gateways are left alone once they could not spare enough, ms. */
export const RATE_PAUSE_MS_MIN = 20;
export const RATE_PAUSE_MS_MAX = 1_000;
/** How often it is looked how many gateways share a rate, ms. */
export const RATE_PEERS_LOOK_MS = 100;

/** Tokens of other issuers whose proof is remembered: ~2 MB. */
export const JWT_PROVED_MAX = 2_000;
/** Signatures that are checked at once: each takes about 0.1 ms of another thread. Beyond it: 503. */
export const JWT_CHECKS_MAX = 64;
/** Bytes of an issuer's key set, and keys in it. */
export const JWKS_BYTES_MAX = 256 * 1024;
export const JWKS_KEYS_MAX = 100;
/** How long an issuer may take to send its key set, ms. */
export const JWKS_FETCH_MS = 5_000;
/** After this long the key set is read again, ms: an issuer may withdraw a key. */
export const JWKS_FRESH_MS = 600_000;
/** The key set is not read more often than this, ms, however many tokens name keys that it lacks. */
export const JWKS_RETRY_MS = 30_000;
/** A key set that could not be read again for this long is no longer believed, ms. */
export const JWKS_STALE_MS = 86_400_000;

/** Bytes of audit lines that wait to be written; beyond it they are counted and dropped. Minutes of a busy node. */
export const AUDIT_BYTES_MAX = 8 * 1024 * 1024;
/** Refused requests that are written down a second, and at once: whoever has no key can send more. */
export const AUDIT_REFUSALS_PER_S = 100;
export const AUDIT_REFUSALS_AT_ONCE = 1_000;
/** Ids of one audit line: as many as a line of the node's log holds. */
export const AUDIT_IDS_MAX = 50;
/** How long the ids of a slow stream wait for more, ms. */
export const AUDIT_IDS_MS = 1_000;

/** What a 503 tells clients to wait, s. */
export const RETRY_AFTER_S = 1;
/** How long a stop waits for requests under way, ms. */
export const STOP_GRACE_MS = 10_000;

invariant(BODY_BYTES_MAX >= PAYLOAD_BYTES_MAX + 64 * 1024, "a full payload must fit in a body");
invariant(BULK_BYTES_MAX >= BODY_BYTES_MAX, "an array must hold at least one full job");
invariant(EVENT_HOLE_MS < EVENT_LOOK_AGAIN_MS, "a hole is looked into sooner than silence");
invariant(2 * NEXT_HELD_MS < ASK_DEADLINE_MS, "a held ask is answered in time");
invariant(LISTENER_LEASE_MS > ASK_DEADLINE_MS + NEXT_HELD_MS, "a lost answer costs no lease");
invariant(ORDER_WAIT_MS > EVENTS_GATHER_MS, "an event waits for those that are being gathered");
invariant(ATTENTION_LINGERS_MS > 2 * EVENT_RETRY_MS, "who comes back finds what it missed");
invariant(LIST_STEP <= LIST_LIMIT_MAX, "a step is at most a page");

/** The bounds that an operator or a test may change. */
export interface GatewayLimits {
  readonly bodyBytesMax: number;
  readonly bulkBytesMax: number;
  readonly requestBodyMs: number;
  readonly streamIdleMs: number;
  readonly requestsMax: number;
  readonly eventStreamsMax: number;
  readonly eventsWaitingMax: number;
  readonly eventHeartbeatMs: number;
}

/** What holds unless it is changed. */
export const GATEWAY_LIMITS: GatewayLimits = {
  bodyBytesMax: BODY_BYTES_MAX,
  bulkBytesMax: BULK_BYTES_MAX,
  requestBodyMs: REQUEST_BODY_MS,
  streamIdleMs: STREAM_IDLE_MS,
  requestsMax: REQUESTS_MAX,
  eventStreamsMax: EVENT_STREAMS_MAX,
  eventsWaitingMax: EVENTS_WAITING_MAX,
  eventHeartbeatMs: EVENT_HEARTBEAT_MS,
};
