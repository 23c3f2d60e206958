/**
 * ConfinedSchedules: the schedules whose jobs go to queues of some namespaces, as if there were no others.
 *
 * Invariants: N1–N3 as of confined jobs, in jobs.ts. A schedule that is deleted by one and made again by
 * another between a look and a change may be changed by who looked: a change of milliseconds in an id that
 * both use.
 * @module
 */
import type { ScheduleSpec } from "../../../actors/schedule/spec.ts";
import type {
  FiredOutcome,
  Preview,
  ScheduleOutcome,
  SchedulePage,
  ScheduleRecord,
  ScheduleService,
} from "../../schedules/service.ts";
import { covers, Forbidden } from "../access.ts";
import { demand } from "./jobs.ts";

type Missing = { readonly kind: "missing" };

/** The part of `schedules` that belongs to `namespaces`. */
export class ConfinedSchedules implements ScheduleService {
  constructor(
    private readonly schedules: ScheduleService,
    private readonly namespaces: readonly string[],
  ) {}

  async create(spec: ScheduleSpec, id: string | null): ReturnType<ScheduleService["create"]> {
    demand(this.namespaces, spec.job.queue);
    return await this.schedules.create(spec, id);
  }

  /** One that is there is replaced; none is created, which refuses one that came meanwhile (N2). */
  async replace(id: string, spec: ScheduleSpec): ReturnType<ScheduleService["replace"]> {
    demand(this.namespaces, spec.job.queue);
    const there = await this.schedules.get(id);
    if (there !== undefined) {
      if (this.#sees(there)) return await this.schedules.replace(id, spec);
      throw new Forbidden("this id is taken outside the key's namespaces");
    }
    const outcome = await this.schedules.create(spec, id);
    if (outcome.kind === "created") return { kind: "done", record: outcome.record, created: true };
    if (outcome.kind === "taken") return { kind: "refused", why: "a schedule with this id exists" };
    return outcome;
  }

  async get(id: string): Promise<ScheduleRecord | undefined> {
    const record = await this.schedules.get(id);
    return record !== undefined && this.#sees(record) ? record : undefined;
  }

  async list(query: Parameters<ScheduleService["list"]>[0]): Promise<SchedulePage> {
    const { records, cursor } = await this.schedules.list(query);
    return { records: records.filter((record) => this.#sees(record)), cursor };
  }

  pause(id: string, note: string | null): Promise<ScheduleOutcome> {
    return this.#ifSeen(id, () => this.schedules.pause(id, note));
  }

  resume(id: string): Promise<ScheduleOutcome> {
    return this.#ifSeen(id, () => this.schedules.resume(id));
  }

  remove(id: string): Promise<ScheduleOutcome> {
    return this.#ifSeen(id, () => this.schedules.remove(id));
  }

  trigger(id: string): Promise<FiredOutcome> {
    return this.#ifSeen(id, () => this.schedules.trigger(id));
  }

  backfill(
    id: string,
    range: Parameters<ScheduleService["backfill"]>[1],
  ): Promise<FiredOutcome> {
    return this.#ifSeen(id, () => this.schedules.backfill(id, range));
  }

  async next(
    id: string,
    options: Parameters<ScheduleService["next"]>[1],
  ): ReturnType<ScheduleService["next"]> {
    return await this.get(id) === undefined ? undefined : await this.schedules.next(id, options);
  }

  /** Nothing stored is looked at. */
  preview(
    spec: Parameters<ScheduleService["preview"]>[0],
    options: Parameters<ScheduleService["preview"]>[1],
  ): Preview {
    return this.schedules.preview(spec, options);
  }

  async occurrences(
    id: string,
    query: Parameters<ScheduleService["occurrences"]>[1],
  ): ReturnType<ScheduleService["occurrences"]> {
    if (await this.get(id) === undefined) return undefined;
    return await this.schedules.occurrences(id, query);
  }

  async #ifSeen<Outcome>(id: string, change: () => Promise<Outcome>): Promise<Outcome | Missing> {
    return await this.get(id) === undefined ? { kind: "missing" } : await change();
  }

  #sees({ schedule }: ScheduleRecord): boolean {
    return covers(this.namespaces, schedule.spec.job.queue);
  }
}
