/**
 * Trace: what happened in a run, in order, as text and as one number.
 *
 * Invariant: two runs have the same hash only if the same things happened at the same times.
 * @module
 */
import { jobOf, type SimEvent } from "./events.ts";
import { hashText } from "../world/random.ts";

interface Line {
  readonly atMs: number;
  readonly job: string | null;
  readonly text: string;
}

/** The trace of one run. */
export class Trace {
  readonly #lines: Line[] = [];
  #hash = 0x811c9dc5;

  /** Adds an event at virtual time `atMs`. */
  add(atMs: number, event: SimEvent): void {
    const text = textOf(event);
    this.#hash = hashText(`${atMs} ${text}\n`, this.#hash);
    this.#lines.push({ atMs, job: jobOf(event), text });
  }

  /** Events so far. */
  get length(): number {
    return this.#lines.length;
  }

  /** 8 hex digits that stand for the whole trace. */
  get hash(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }

  /** The last `count` lines about `job` and about the world around it; about everything when null. */
  last(count: number, job: string | null): string[] {
    return this.#lines
      .filter((line) => job === null || line.job === job || line.job === null)
      .slice(-count)
      .map(({ atMs, text }) => `${(atMs / 1_000).toFixed(3).padStart(9)}  ${text}`);
  }
}

function textOf(event: SimEvent): string {
  const job = jobOf(event);
  const about = job === null ? event.kind : `${event.kind} ${job}`;
  const detail = detailOf(event);
  const boot = "boot" in event ? ` [${event.boot}]` : "";
  return detail === "" ? about + boot : `${about} ${detail}${boot}`;
}

function detailOf(event: SimEvent): string {
  switch (event.kind) {
    case "inserted":
    case "moved":
      return jobText(event);
    case "actor-inserted":
    case "actor-moved":
      return actorText(event);
    case "schedule-commanded":
      return `${event.command} ${event.outcome}`;
    case "keyed":
      return `${event.gate.mode} ${event.gate.key} ${event.outcome} ${event.job}`;
    case "submitted":
      return event.outcome.kind;
    case "commanded": {
      const { command, outcome } = event;
      return `${command} ${outcome.kind === "replied" ? outcome.reply.kind : outcome.kind}`;
    }
    case "ordered":
      return `${event.order.key.token} attempt ${event.order.key.attempt}`;
    case "begun":
    case "starting":
      return event.kind === "begun" ? event.key.token : event.token;
    case "ended":
      return `${event.key.token} ${event.outcome.kind}`;
    case "kept":
      return `${event.key.token} ${JSON.stringify(event.what)}`;
    case "settled":
      return `${event.message} × ${event.times}`;
    case "reserved":
    case "wake-over":
      return event.entry.lane;
    case "session":
      return `until ${event.untilMs}`;
    case "released":
      return `${event.shard}`;
    case "acquired":
      return `${event.shard} epoch ${event.epoch}`;
    case "limited":
      return `${event.lane} ${JSON.stringify(event.limits)}`;
    case "jumped":
      return `${event.clock} ${event.byMs} ms`;
    case "cut":
      return `${event.node} ${event.forMs} ms`;
    case "paused":
      return `${event.forMs} ms`;
    case "hammered":
      return `${event.calls} calls`;
    case "weather":
      return event.weather;
    case "gone":
      return event.how;
    case "logged":
      return event.text;
    default:
      return "";
  }
}

function jobText(event: Extract<SimEvent, { kind: "inserted" | "moved" }>): string {
  const { snapshot, job, boot } = event.after;
  const running = job.running ? ` ${job.running.token}` : "";
  const epoch = event.kind === "moved" ? ` epoch ${event.transition.epoch}` : "";
  return `v${snapshot.version} ${job.state}${running} due ${snapshot.index.wakeAtMs}${epoch} [${boot}]`;
}

function actorText(
  event: Extract<SimEvent, { kind: "actor-inserted" | "actor-moved" }>,
): string {
  const { snapshot: { version, head }, boot } = event.after;
  const made = event.kind === "actor-moved" ? ` made ${event.made}` : "";
  return `v${version} ${head}${made} [${boot}]`;
}
