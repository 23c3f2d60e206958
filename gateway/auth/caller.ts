/**
 * Caller: who asks, with the services that he may use.
 *
 * Intuition: a route gets its services with the caller, not when it is made, so it cannot reach by mistake what
 * the caller must not: what is not there needs no check.
 * @module
 */
import type { FlowService } from "../flows/service.ts";
import type { Problem } from "../http/problem.ts";
import type { ScheduleService } from "../schedules/service.ts";
import type { JobService } from "../service.ts";
import type { Principal } from "./access.ts";
import { ConfinedFlows } from "./confined/flows.ts";
import { ConfinedJobs } from "./confined/jobs.ts";
import { ConfinedSchedules } from "./confined/schedules.ts";

/** What callers may be given a part of. */
export interface CallerServices {
  readonly jobs: JobService;
  readonly schedules: ScheduleService;
  readonly flows: FlowService;
}

/** Who asks. */
export interface Caller extends CallerServices {
  readonly principal: Principal;
  /** Why one more job of a long request may not be taken: the key has expired, or its rate is used up; null: it may. */
  more(): Problem | null | Promise<Problem | null>;
}

/** The part of `services` that belongs to `namespaces`; null: all of it. */
export function confine(
  services: CallerServices,
  namespaces: readonly string[] | null,
): CallerServices {
  if (namespaces === null) return services;
  return {
    jobs: new ConfinedJobs(services.jobs, namespaces),
    schedules: new ConfinedSchedules(services.schedules, namespaces),
    flows: new ConfinedFlows(services.flows, namespaces),
  };
}
