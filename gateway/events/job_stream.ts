/**
 * JobStream: one job's events to one reader, wherever the job lives and however often it moves.
 *
 * Intuition: events are news, the store is the truth. They come from whichever node owns the job; when one is
 * missing, when a node went away, and when it was silent for long, the job is read again, and what the reader does
 * not know of it yet is told.
 *
 * Invariants: Q1. A reader that comes back gets every later event, or a `reset` and the state. Q2. A job's events
 * come with growing versions. Q3. The latest state of a job is told within `EVENT_LOOK_AGAIN_MS` while the store can
 * be read, whatever was lost on the way.
 * @module
 */
import type { Clock, Timer } from "../../runtime/clock.ts";
import { EVENT_HOLE_MS, EVENT_LOOK_AGAIN_MS } from "../limits.ts";
import type { JobEvent, JobRecord, JobService } from "../service.ts";
import { recordEventView } from "../views/job_view.ts";
import { type EventStream, message } from "./event_streams.ts";
import { type Chapter, Story } from "./story.ts";

/** What a job's stream needs. */
export interface JobStreamOptions {
  readonly jobs: Pick<JobService, "get" | "feed">;
  readonly clock: Clock;
  readonly stream: EventStream;
  readonly id: string;
  /** The version that the reader saw last. */
  readonly seen: number | undefined;
}

/**
 * Begins to tell a job's events on `stream`; false, and nothing is told, when there is no such job. Rejects with a
 * `Fault` when it cannot be read. The caller ends the stream then.
 */
export async function tellJob(options: JobStreamOptions): Promise<boolean> {
  const { jobs, stream, id } = options;
  const attention = jobs.feed.attend(id);
  stream.onEnd(() => attention.stop());
  const elsewhere = await attention.heard;
  const teller = new Teller(options);
  const subscription = jobs.feed.subscribe(
    { after: 0, jobId: id, missed: () => teller.missed() },
    (event) => teller.heard(event),
  );
  stream.onEnd(() => subscription.stop());
  // After the events of all nodes are listened to: what happens from here on is heard.
  const record = await jobs.get(id);
  if (record === undefined) return false;
  teller.begin(record, [...elsewhere, ...subscription.backlog]);
  return true;
}

/** Tells one job's events to one reader. */
class Teller {
  readonly #options: JobStreamOptions;
  #story: Story;
  /** What was heard before the beginning. */
  #early: JobEvent[] | undefined = [];
  #timer: Timer | undefined;
  #lookAtMs = Infinity;
  #heardMs: number;
  #ended = false;

  constructor(options: JobStreamOptions) {
    this.#options = options;
    this.#story = new Story(options.seen ?? 0);
    this.#heardMs = options.clock.monotonicMs();
    options.stream.onEnd(() => {
      this.#ended = true;
      this.#timer?.cancel();
    });
  }

  /** Tells what the reader does not know (Q1), from the job and its past `events`, in any order. */
  begin(record: JobRecord, events: readonly JobEvent[]): void {
    const { seen, stream } = this.#options;
    const fresh = seen === undefined;
    const strange = !fresh && seen > record.version;
    if (fresh || strange) this.#story = new Story(record.version);
    const past = [...events, ...this.#early ?? []]
      .toSorted((one, other) => one.version - other.version)
      .flatMap((event) => this.#story.hear(event));
    this.#early = undefined;
    if (fresh || strange) {
      stream.replay([...strange ? [RESET] : [], this.#state(record), ...past]);
    } else {
      stream.replay([...past, ...this.#told(record, this.#story.read(record.version))]);
    }
    this.#lookWithin(this.#story.broken ? EVENT_HOLE_MS : EVENT_LOOK_AGAIN_MS);
  }

  /** An event came, from wherever (Q2). */
  heard(event: JobEvent): void {
    if (this.#early !== undefined) return void this.#early.push(event);
    this.#heardMs = this.#options.clock.monotonicMs();
    for (const told of this.#story.hear(event)) this.#options.stream.push(told);
    if (this.#story.broken) this.#lookWithin(EVENT_HOLE_MS);
  }

  /** Events may be missing. */
  missed(): void {
    // What was not heard before the beginning is read there.
    if (this.#early === undefined) this.#lookWithin(EVENT_HOLE_MS);
  }

  #lookWithin(delayMs: number): void {
    const { clock } = this.#options;
    const atMs = clock.monotonicMs() + delayMs;
    if (this.#ended || atMs >= this.#lookAtMs) return;
    this.#timer?.cancel();
    this.#lookAtMs = atMs;
    this.#timer = clock.after(delayMs, () => void this.#look(delayMs === EVENT_LOOK_AGAIN_MS));
  }

  /** Reads the job again, unless it was only time and something was heard meanwhile (Q3). */
  async #look(onlyTime: boolean): Promise<void> {
    const { jobs, clock, id, stream } = this.#options;
    this.#lookAtMs = Infinity;
    const silentMs = clock.monotonicMs() - this.#heardMs;
    if (onlyTime && silentMs < EVENT_LOOK_AGAIN_MS) {
      return this.#lookWithin(EVENT_LOOK_AGAIN_MS);
    }
    try {
      const record = await jobs.get(id);
      if (record === undefined) return stream.end("bye", { detail: "the job is gone" });
      for (const item of this.#told(record, this.#story.read(record.version))) stream.push(item);
      this.#lookWithin(this.#story.broken ? EVENT_HOLE_MS : EVENT_LOOK_AGAIN_MS);
    } catch {
      // The store is away, as other requests tell: the stream waits for it.
      this.#lookWithin(EVENT_LOOK_AGAIN_MS);
    }
  }

  #told(record: JobRecord, chapter: Chapter): (JobEvent | string)[] {
    const { missing, before, tellsState, after } = chapter;
    return [
      ...missing ? [RESET] : [],
      ...before,
      ...tellsState ? [this.#state(record)] : [],
      ...after,
    ];
  }

  #state(record: JobRecord): string {
    const view = recordEventView(record, this.#options.clock.wallMs());
    return message("job", view, String(record.version));
  }
}

const RESET = message("reset", {
  detail: "events are missing here: what follows is what is known",
});
