/**
 * Limits: every bound of the system, with its unit in its name and its reason beside it.
 *
 * What happens at a bound is said where it is used; nothing grows without one (promise P8: a full
 * bound answers clearly). Relations between bounds are asserted at the end.
 * @module
 */
import { invariant } from "./fault.ts";

// Store ----------------------------------------------------------------------------------------

/** Writes in one commit. 512 keeps a commit under ~15 ms, so that no write waits long for another. */
export const BATCH_WRITES_MAX = 512;
/** Actors that one transition may bring into being in its commit. */
export const CARRIED_INSERTS_MAX = 100;
/** Bytes (UTF-16 units, roughly) of one commit: large payloads make small batches. */
export const BATCH_CHARS_MAX = 4 * 1024 * 1024;
/** Writes waiting for a commit. Beyond it: `overloaded`, a 503 to the client. ~1 s of full load. */
export const WRITES_PENDING_MAX = 20_000;
/** Commits handed to the store and unanswered: one being written, one ready behind it. */
export const BATCHES_IN_FLIGHT_MAX = 2;
/** Writes that are worth a commit behind one under way; fewer wait for its end. A commit costs the store about as
 * much as ten writes, so small ones one behind the other would keep it busy with themselves. */
export const BATCH_BEHIND_WRITES_MIN = 24;
/** Ids of one load. */
export const LOAD_IDS_MAX = 512;
/** Snapshots of one page of a search. */
export const FIND_LIMIT_MAX = 500;
/** Actors of one page of an adoption: as many as are at work on a node, and of the largest ones (2 MiB) not too many. */
export const ADOPTED_PAGE_MAX = 100;
/** Rows that one page of a search may visit before it hands back a cursor: ~20 ms. */
export const FIND_VISITS_MAX = 20_000;
/** Lines kept of one journal of one actor; the oldest go first. */
export const JOURNAL_LINES_MAX = 1_000;
/** Actors deleted by one sweep: ~10 ms of the store's time. */
export const SWEEP_ACTORS_MAX = 500;
/** How often expired actors are swept, ms. 500 each 250 ms: 2,000 a second, more than steady state needs. */
export const SWEEP_EVERY_MS = 250;

/** A call to Redis without an answer for this long is given up, ms: well within a session's life. */
export const REDIS_CALL_MS = 2_000;
/** A Redis that can't be reached for this long when it is opened is given up, ms: as long as a failover takes. */
export const REDIS_OPEN_MS = 5_000;
/** Calls to Redis under way at once, all of a node's: at a millisecond each, as many as are answered in time. */
export const REDIS_CALLS_MAX = 2_000;
/** How long a write waits for a replica to confirm it, ms: within its call's time. */
export const REDIS_REPLICATE_MS = REDIS_CALL_MS / 2;
/** Longest pause between attempts to reach a Redis that is away, ms. */
export const REDIS_RECONNECT_MAX_MS = 500;
/** How long one script may hold Redis, which serves nobody else meanwhile, is 5 ms; what follows keeps to it. Writes
 * of a node's commit: ~18 µs each. */
export const REDIS_COMMIT_WRITES_MAX = 160;
/** Actors and chunks that one page of a search visits: ~5 µs each. */
export const REDIS_FIND_VISITS_MAX = 640;
/** Due actors that one script hands out: ~4 µs each, on top of the places that it opens for them. */
export const REDIS_DUE_MAX = 256;
/** Places of the due index, each a shard's, lane's and rank's, that one script merges: ~10 µs each. */
export const REDIS_PLACES_MAX = 96;
/** Storage groups: each is asked in every search, and has a session of every node to keep. */
export const REDIS_GROUPS_MAX = 64;
/** Actors that one script deletes: ~14 µs each. */
export const REDIS_SWEEP_MAX = 200;

// Sessions and shards -----------------------------------------------------------------------------

/** A node that has not renewed for this long, by the store's clock, may lose its shards. */
export const SESSION_TTL_MS = 3_000;
/** How often a session is renewed: four chances within its life. */
export const SESSION_RENEW_MS = 750;
/** A session that is about to lapse is looked at this long after, ms: as late as a timer may be early. */
export const LAPSE_LOOK_MS = 5;
/** A node stops trusting itself this long before the store would. */
export const SESSION_MARGIN_MS = 500;

/** How long the set of nodes must stay as it is before a newcomer is given shards, ms. */
export const VIEW_STILL_MS = 1_000;
/** How long the session of a node that gossip calls alive may be seen lapsed before its shards are asked for, ms. */
export const LAPSE_GRACE_MS = SESSION_TTL_MS;
/** What was sent to a node counts on top of its load until the node can have told of it, ms: its load's period and the way. */
export const LOAD_KNOWN_MS = 1_500;
/** A node that had no room for an attempt is given no other for this long, ms. */
export const PEER_FULL_MS = 500;
/** Wake-ups of fresh actors told to their owner in one message; more go in several. */
export const INSERTS_TOLD_MAX = 512;
/** Shards asked for in one call by a node among others: a takeover begins to work before it is complete. */
export const CLAIM_SHARDS_MAX = 32;
/** Shards given up at a time: their actors pause while they move, the others go on. */
export const HANDOVER_SHARDS_MAX = 16;
/** How long actors of shards that move may take for what they are at, ms; then they are dropped as at a loss. */
export const HANDOVER_FLUSH_MS = 1_000;
/** How long a release waits for writes under way, ms: longer than any driver waits for its store. */
export const HANDOVER_QUIET_MS = 5_000;
/** How long a released shard is kept for its heir, ms: two renewals, in case nobody told it, and some. */
export const RESERVATION_MS = 2_000;
/** Points of one node on the ring: a weight of 64 and more counts as 64. */
export const RING_POINTS_MAX = 4_096;

// Actors ----------------------------------------------------------------------------------------

/** User messages waiting in one mailbox. Beyond it: `busy`. */
export const MAILBOX_USER_MAX = 256;
/** System messages waiting in one mailbox: its own attempts' reports, never strangers' requests. */
export const MAILBOX_SYSTEM_MAX = 1_024;
/** Actors in memory. Beyond it no new one is activated: `busy`. ~1 KiB each without payload. */
export const ACTORS_ACTIVE_MAX = 50_000;
/** Dead letters kept for inspection; the oldest go first, the count goes on. */
export const DEAD_LETTERS_KEPT_MAX = 1_000;
/** Restarts of one actor within {@link RESTARTS_WINDOW_MS} before its supervisor stops it. */
export const RESTARTS_MAX = 5;
/** The span in which restarts are counted, ms. */
export const RESTARTS_WINDOW_MS = 60_000;
/** How long an actor that was stopped for its crashes is left alone, ms: as long as restarts are counted. */
export const QUARANTINE_MS = RESTARTS_WINDOW_MS;
/** Stopped actors remembered; the oldest may then be tried again earlier. */
export const QUARANTINED_MAX = 10_000;
/** Crashes by one message before it goes to the dead letters. */
export const MESSAGE_CRASHES_MAX = 3;
/** How long an ask waits unless told otherwise, ms. */
export const ASK_DEADLINE_MS = 5_000;

// Wake-ups --------------------------------------------------------------------------------------

/** How far ahead due actors are held in memory, ms. */
export const WINDOW_AHEAD_MS = 60_000;
/** Not yet due actors held in memory: ~10 MB. Beyond it the window's horizon comes nearer. */
export const WINDOW_FUTURE_MAX = 50_000;
/** Due actors held in memory per lane; the rest stay in the store's index until there is room. */
export const WINDOW_LANE_READY_MAX = 4_096;
/** Due actors held in memory per line whose actors have keys, however many keys: ~8 MB; each lane holds its share. */
export const WINDOW_LINE_READY_MAX = 32_768;
/** Lanes held in memory: ~16 MB. Beyond it lanes take turns in being held, at about a fifth of the speed. */
export const WINDOW_LANES_MAX = 32_768;
/** Lanes being read at once; the others that should be wait. */
export const LANE_READS_MAX = 16;
/** Lanes with keys that one page names: each is read, ~0.2 ms of the store's time. A rescan looks at one page. */
export const LANES_PAGE_MAX = 64;
/** A rescan also looks at all lanes with keys for what became due lately, ms: as much as two rescans and some. */
export const WINDOW_RECENT_MS = 2_500;
/** A read of one of many lanes looks behind so many actors that are being woken. */
export const LANE_AWAKE_MAX = 256;
/** How often the store is asked for due actors that nobody told us of, ms. */
export const WINDOW_RESCAN_MS = 1_000;
/** Starts are committed this long ahead of their due time, ms: a commit's usual latency and some. */
export const ARM_AHEAD_MS = 40;
/** Due actors of one read of a lane, or of the time ahead. */
export const WINDOW_READ_MAX = WINDOW_LANE_READY_MAX;
/** How often actors that became due but found no room are told so, ms, and how many at a time. */
export const OVERDUE_EVERY_MS = 250;
export const OVERDUE_BATCH_MAX = 250;
/** An actor is overdue when it has waited for room this long, ms. */
export const OVERDUE_AFTER_MS = 500;
/** Snapshots of just inserted, soon due actors kept to spare their load; characters in all. */
export const FRESH_CHARS_MAX = 16 * 1024 * 1024;

// Limiters --------------------------------------------------------------------------------------

/** Limiters that a queue's keys are spread over: enough to spread their work, few enough to gather many keys' claims. */
export const LIMITER_PARTS_MAX = 32;
/** A permit that does not divide among nodes is kept for this long before another gets it, ms: many claims' time. */
export const PERMIT_SLICE_MS = 250;
/** A holder of permits whose session has ended loses them if it was not heard of for this long either, ms: a session
 * that has just begun is seen within this. */
export const HOLDER_QUIET_MS = 2_000;
/** A holder that was not heard of for this long is asked what it has when others want it, ms. */
export const HOLDER_SILENT_MS = 15_000;
/** What a node wanted counts for this long, ms: it says again what it still wants. */
export const WANT_KEPT_MS = 5_000;
/** Starts of a rate that may come at once after a rest: few; or, if that is more, what is due in so many ms, or in a
 * fifth of the span. As much is caught up with after a stall. */
export const RATE_BURST_MIN = 10;
export const RATE_BURST_MS = 500;
/** A rate's span is remembered in so many parts: 0.5 % of it each. */
export const RATE_QUANTA_MAX = 200;
/** Starts are granted this long ahead, ms, and asked for when fewer than for half of it are left: what comes late is
 * lost to the rate, and on a busy machine claims take their time. */
export const RATE_AHEAD_MS = 1_000;
/** What one claim is granted lasts for this long, ms, shared among the nodes that ask. */
export const RATE_PORTION_MS = 500;
/** A start that was granted can be used for this long, ms. */
export const RATE_START_KEPT_MS = 1_000;
/** How often a node looks whether it has permits that it does not need, ms. */
export const PERMIT_REVIEW_MS = 100;
/** A permit not used for this long is given back, ms; and when another node wants it. */
export const PERMIT_IDLE_MS = 2_000;
export const PERMIT_IDLE_WANTED_MS = 150;
/** Starts that nobody waited for in this long are given back, ms. */
export const RATE_IDLE_MS = 200;
/** A node wants what somebody was refused for within this, ms: jobs that wait are tried once a second at least. */
export const PERMIT_DEMAND_MS = 1_500;
/** How often a node asks again for permits that there were none of, ms; when some come free it is told. */
export const PERMIT_POLL_MS = 1_000;
/** How often a node that has permits says so, ms: well before it is asked. */
export const PERMIT_RENEW_MS = 10_000;
/** A node that did not trust its session for this long asks again for what it has, ms: less than others wait for it. */
export const PERMIT_TRUST_MS = 2_000;
/** Gates of one claim; more wait for the next. */
export const CLAIM_GATES_MAX = 256;
/** A claim without an answer is given up after this long, ms. */
export const CLAIM_DEADLINE_MS = 2_000;
/** Keys that a node knows permits or wants of; what comes beyond waits for a rescan. */
export const PERMIT_GATES_MAX = 8_192;

// Membership ------------------------------------------------------------------------------------

/** One other node is probed each time, ms. Three nodes find a dead one within two rounds and this. */
export const PROBE_EVERY_MS = 500;
/** A probe that got no answer for this long asks others to try, ms: a LAN's round trip a hundred times over. */
export const PROBE_TIMEOUT_MS = 250;
/** A helper says after this long that it got no answer either, ms: in time to be heard within the probe. */
export const NACK_AFTER_MS = 200;
/** Helpers of one probe. */
export const PROBE_HELPERS_MAX = 3;
/** Probes that a node makes for others at a time; beyond it their requests are dropped. */
export const PROBE_RELAYS_MAX = 512;
/** A suspect has at least this long to speak for itself, ms: a pause of 1.5 s and the way back. */
export const SUSPICION_MIN_MS = 2_000;
/** An accusation that nobody confirms takes so many times longer to become true. */
export const SUSPICION_FACTOR_MAX = 6;
/** Independent confirmations that bring a suspicion down to its shortest. */
export const SUSPICION_CONFIRMATIONS_MAX = 2;
/** How unwell a node can find itself; its probes are slower by up to 1 + this. */
export const LOCAL_HEALTH_MAX = 8;
/** Times that a node asks a suspect by itself, out of turn, within the shortest suspicion. */
export const SUSPECT_ASKS_MAX = 3;
/** Failed probes in a row that application traffic can excuse: who only talks and never answers is found. */
export const HEARD_EXCUSES_MAX = 3;
/** A timer that fires later than this means that the node itself stood still, ms. */
export const STALL_MIN_MS = 200;

/** How often news is gossiped, ms, while there is any. */
export const GOSSIP_EVERY_MS = 200;
/** Fresh news of a member does not wait for that, ms: it crosses a hundred nodes in under half a second. */
export const GOSSIP_SOON_MS = 50;
/** Nodes told in one round. */
export const GOSSIP_FANOUT_MAX = 3;
/** News of members in one message. */
export const PIGGYBACK_UPDATES_MAX = 16;
/** The same in characters of JSON: a few packets. */
export const PIGGYBACK_CHARS_MAX = 12_288;
/** Loads in one message, each ~60 characters. */
export const PIGGYBACK_LOADS_MAX = 8;
/** How often a change of a node's own load is told, ms. */
export const LOAD_EVERY_MS = 1_000;
/** How often the whole view is exchanged with a random node, ms: it repairs what gossip lost. */
export const SYNC_EVERY_MS = 30_000;
/** The first pause between such exchanges of a node, ms; each is twice the one before. A node that came with
 * many others has not heard of all of them yet. */
export const SYNC_FIRST_MS = 1_000;
/** Members in one message of such an exchange: below 100 KB. */
export const SYNC_MEMBERS_MAX = 64;
/** How often a dead member is tried, ms: how a partition that healed is noticed from both sides. */
export const RECONNECT_EVERY_MS = 10_000;
/** Members known, dead ones included. Beyond it the oldest dead one goes, or the newcomer is refused. */
export const MEMBERS_MAX = 1_024;
/** How long dead and departed members are remembered, ms: old news must not bring them back. */
export const DEAD_KEPT_MS = 600_000;
/** Between a node's intent to leave and its leaving, ms: a crash in between still counts as leaving. */
export const LEAVE_INTENT_MS = 100;
/** How long a node that left goes on to say so, ms. */
export const LEAVE_LINGER_MS = 800;
/** A node that sees no other for this long is alone for long, ms: well beyond every restart of a peer. */
export const ALONE_AFTER_MS = 10_000;

/** First and longest pause between attempts to join, ms. */
export const JOIN_RETRY_MIN_MS = 200;
export const JOIN_RETRY_MAX_MS = 5_000;
/** How often a node that has joined looks whether a seed is missing from its view, ms. */
export const SEEDS_RECHECK_MS = 15_000;
/** Addresses that all seeds together may resolve to. */
export const SEED_ADDRESSES_MAX = 256;
/** Characters of an address `host:port`: a DNS name of 253 and a port. */
export const ADDRESS_CHARS_MAX = 262;
/** Characters of a node's name, of a boot id, of a role and of a version in what others say. */
export const NODE_WORD_MAX = 128;
/** Roles of one node. */
export const ROLES_MAX = 16;

// Transport ---------------------------------------------------------------------------------------

/** One packed body. Beyond it nothing is sent. As much as a commit of the store may carry. */
export const TRANSPORT_BODY_BYTES_MAX = 4 * 1024 * 1024;
/** A batch of envelopes is closed at this size: few enough system calls, short enough to share a link. */
export const TRANSPORT_BATCH_BYTES = 64 * 1024;
/** One message on the wire: a header and the largest body, or a batch. Larger ones end the connection. */
export const TRANSPORT_MESSAGE_BYTES_MAX = TRANSPORT_BODY_BYTES_MAX + 4 * 1024;
/** Envelopes of one message: as many as fit into a batch without bodies, and some. */
export const TRANSPORT_ENVELOPES_MAX = 8_192;
/** Characters of a channel's name. */
export const TRANSPORT_CHANNEL_CHARS_MAX = 64;
/** Characters of a node's name, a boot id, an address, a traceparent. */
export const TRANSPORT_TEXT_CHARS_MAX = 200;
/** Waiting for one peer, in bytes and in envelopes. Beyond it: false, `overloaded`. Four largest bodies. */
export const TRANSPORT_QUEUE_BYTES_MAX = 4 * TRANSPORT_MESSAGE_BYTES_MAX;
export const TRANSPORT_QUEUE_ENVELOPES_MAX = 32_768;
/** What a peer did not take for this long is dropped, ms: nobody waits for it any more. */
export const TRANSPORT_HELD_MS = 5_000;
/** Asks without an answer, of all peers. Beyond it: `overloaded`. */
export const TRANSPORT_ASKS_PENDING_MAX = 65_536;
/** Asks of others being handled. Beyond it they are answered `overloaded`. */
export const TRANSPORT_ASKS_HANDLED_MAX = 32_768;
/** Deadlines are looked at in steps of this length, ms; an ask ends this late at most. */
export const TRANSPORT_DEADLINE_STEP_MS = 5;
/** Longest deadline, ms; longer ones are cut. */
export const TRANSPORT_DEADLINE_MS_MAX = 600_000;
/** Peers with a link, and links of others to us that can be answered. The longest idle one goes first. */
export const TRANSPORT_LINKS_MAX = 2_048;
/** A link that carried nothing for this long is closed, ms. */
export const TRANSPORT_IDLE_MS = 60_000;
/** How often links are looked at for what is too old, ms. */
export const TRANSPORT_SWEEP_MS = 1_000;
/** Messages taken from one socket in one turn: as many full batches are ~5 ms of work. */
export const TRANSPORT_TURN_MESSAGES_MAX = 8;
/** A node's name belongs to the key that last spoke for it for this long, ms. */
export const TRANSPORT_KEY_HELD_MS = 60_000;
/** Names whose keys are remembered; the oldest go first. */
export const TRANSPORT_KEYS_HELD_MAX = 4_096;

// Faults ----------------------------------------------------------------------------------------

/** Pause before a store that failed is asked again by whoever has work under way, ms. */
export const STORE_RETRY_MIN_MS = 50;
/** The same for what is not urgent: adoption, parked jobs, a store that cannot be opened. */
export const STORE_RETRY_MAX_MS = 1_000;
/** A failed write makes the node unready for this long, ms: longer than load balancers take between two looks. */
export const WRITE_FAULT_SHOWN_MS = 5_000;

invariant(SESSION_RENEW_MS * 3 < SESSION_TTL_MS, "a session must survive two lost renewals");
invariant(
  SESSION_MARGIN_MS < SESSION_TTL_MS - 2 * SESSION_RENEW_MS,
  "trust must outlast a slow renewal",
);
invariant(
  WRITES_PENDING_MAX >= 2 * BATCH_WRITES_MAX,
  "a full batch must be able to wait behind another",
);
invariant(REDIS_CALL_MS < HANDOVER_QUIET_MS, "a write must have ended before nobody waits for it");
invariant(2 * SESSION_RENEW_MS < RESERVATION_MS, "an heir whom nobody told must come in time");
invariant(2 * WINDOW_RESCAN_MS < WINDOW_RECENT_MS, "what a rescan misses the next one must find");
invariant(ARM_AHEAD_MS < WINDOW_RESCAN_MS, "arming looks ahead less far than the rescan");
invariant(
  PERMIT_TRUST_MS < SESSION_TTL_MS && HOLDER_QUIET_MS < SESSION_TTL_MS,
  "who loses its permits must have stopped using them",
);
invariant(
  WINDOW_RESCAN_MS < PERMIT_DEMAND_MS && PERMIT_POLL_MS * 2 < WANT_KEPT_MS &&
    PERMIT_RENEW_MS < HOLDER_SILENT_MS,
  "what a node says must count until it says it again",
);
invariant(NACK_AFTER_MS < PROBE_TIMEOUT_MS, "a helper's answer must come within the probe");
invariant(
  2 * PROBE_TIMEOUT_MS <= PROBE_EVERY_MS,
  "helpers must have as long as the direct probe had",
);
invariant(
  // Two others: each is probed every second period; then the probe itself; then the suspicion.
  3 * PROBE_EVERY_MS + SUSPICION_MIN_MS <= 4_000,
  "three nodes must find a crash within 4 s",
);
invariant(
  3 * PROBE_EVERY_MS + SUSPICION_MIN_MS >= SESSION_TTL_MS,
  "when a node is found dead in the worst case its session has lapsed, so its shards can be taken at once",
);
invariant(
  SUSPICION_MIN_MS >= 2 * PROBE_EVERY_MS + 3 * GOSSIP_EVERY_MS,
  "a suspect must have the time to hear of it and to be heard",
);
invariant(
  SUSPICION_MIN_MS / (SUSPECT_ASKS_MAX + 1) > PROBE_TIMEOUT_MS,
  "a suspect that is asked must have the time to answer before it is asked again",
);
invariant(SYNC_FIRST_MS < SYNC_EVERY_MS, "exchanges of views become rarer");
invariant(LEAVE_INTENT_MS + LEAVE_LINGER_MS < 1_000, "a leave must be through within a second");
invariant(DEAD_KEPT_MS > 10 * SYNC_EVERY_MS, "the dead must be remembered longer than news lives");
invariant(SYNC_MEMBERS_MAX >= PIGGYBACK_UPDATES_MAX, "one bound decodes both");

invariant(
  TRANSPORT_BATCH_BYTES < TRANSPORT_MESSAGE_BYTES_MAX &&
    TRANSPORT_BODY_BYTES_MAX < TRANSPORT_MESSAGE_BYTES_MAX,
  "a message holds a batch, and the largest body with its header",
);
invariant(TRANSPORT_HELD_MS < TRANSPORT_IDLE_MS, "what is held is older than no idle link");
