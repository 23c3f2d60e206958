/**
 * FlowReader: from one parsed JSON value to a flow that may be stored, or why it may not.
 *
 * Intuition: the form of a request is its schema's affair (400). What only shows when all of it is seen, an
 * unknown key, a double, a ring, is told here (422), as many problems at once as an answer holds.
 *
 * Not here: reading bodies and writing answers (flow_routes.ts), the durable part (flow_service.ts).
 * @module
 */
import { cycleOf } from "../../actors/flow/graph.ts";
import {
  type EdgePolicy,
  FLOW_EDGES_MAX,
  FLOW_NODES_MAX,
  type FlowEdge,
  type FlowJobPlan,
  type FlowPlan,
} from "../../actors/flow/spec.ts";
import { invalid, Problem } from "../http/problem.ts";
import { FIELD_ERRORS_MAX } from "../limits.ts";
import { type FlowRequest, flowRequestSchema } from "../schemas/flow_request.ts";
import { type FlowJobRequest, type JobDefaults, jobTemplate } from "../schemas/job_request.ts";
import { check, type FieldError } from "../schemas/validate.ts";
import { requestFingerprint } from "../submit/submission.ts";
import type { FlowNaming } from "./service.ts";

/** A flow that may be stored. */
export interface FlowSubmission {
  readonly plan: FlowPlan;
  readonly naming: FlowNaming;
}

/** Keys of a ring that an error names. */
const RING_TOLD_MAX = 10;

/** Turns parsed requests into flows. */
export class FlowReader {
  constructor(private readonly defaults: JobDefaults) {}

  /** The body of `POST /flow`: parsed JSON of bounded depth. */
  read(
    value: unknown,
    { idempotencyKey, traceId }: {
      readonly idempotencyKey: string | null;
      readonly traceId: string | null;
    },
  ): FlowSubmission | Problem {
    const crowded = tooMany(value);
    if (crowded !== null) return crowded;
    const checked = check(flowRequestSchema, value);
    if (!checked.ok) return invalid(checked.errors);
    const { id, jobs, onFailure = "fail", callback } = checked.value;
    if (id !== undefined && idempotencyKey !== null) {
      const message = "an own id and an Idempotency-Key exclude each other";
      return invalid([{ path: "id", message }]);
    }
    const shape = shapeOf(jobs, onFailure);
    if (shape instanceof Problem) return shape;
    const made = this.#jobs(checked.value);
    if (made instanceof Problem) return made;
    const plan: FlowPlan = {
      nodes: shape.map((node, at) => ({ ...node, ...made.jobs[at]! })),
      onFailure,
      callback: callback === undefined ? null : made.callback,
      retention: this.defaults.retention,
      traceId,
      fingerprint: idempotencyKey === null ? null : requestFingerprint(value),
    };
    return { plan, naming: naming(id, idempotencyKey) };
  }

  /** Every job with its defaults; the callback's payload must have room for a member. */
  #jobs({ jobs, callback }: FlowRequest): {
    readonly jobs: readonly FlowJobPlan[];
    readonly callback: FlowJobPlan | null;
  } | Problem {
    const errors: FieldError[] = [];
    const made = jobs.map(({ job }, at) => this.#job(job, { path: `jobs[${at}].job.`, errors }));
    const told = callback && this.#job(callback, { path: "callback.", errors });
    if (errors.length > 0) return invalid(errors.slice(0, FIELD_ERRORS_MAX), "too-large");
    const payload = told?.job.payload ?? "null";
    if (payload !== "null" && !payload.startsWith("{")) {
      return invalid([{ path: "callback.payload", message: "must be an object, or left out" }]);
    }
    return { jobs: made as FlowJobPlan[], callback: told ?? null };
  }

  #job(
    request: FlowJobRequest,
    { path, errors }: { readonly path: string; readonly errors: FieldError[] },
  ): FlowJobPlan | null {
    const made = jobTemplate(request, this.defaults);
    if (made.ok) {
      return {
        job: made.template,
        runAtMs: request.runAt ?? null,
        delayMs: request.delay ?? 0,
      };
    }
    errors.push(...made.errors.map((error) => ({ ...error, path: `${path}${error.path}` })));
    return null;
  }
}

/** The refusal of a flow that is too large to be looked at further; null when it is not. */
function tooMany(value: unknown): Problem | null {
  const jobs = (value as { jobs?: unknown } | null)?.jobs;
  if (!Array.isArray(jobs) || jobs.length <= FLOW_NODES_MAX) return null;
  const message = `must be at most ${FLOW_NODES_MAX} jobs; there are ${jobs.length}`;
  return unsound([{ path: "jobs", message }]);
}

/** Keys and edges, or what is wrong with them. */
function shapeOf(
  jobs: FlowRequest["jobs"],
  onFailure: EdgePolicy,
): readonly { readonly key: string; readonly edges: readonly FlowEdge[] }[] | Problem {
  const errors: FieldError[] = [];
  const places = new Map<string, number>();
  jobs.forEach(({ key, job }, at) => {
    const name = key ?? job.name;
    const first = places.get(name);
    if (first === undefined) return void places.set(name, at);
    const hint = key === undefined ? "; it needs a key of its own" : "";
    errors.push({
      path: `jobs[${at}].key`,
      message: `${name} is the key of jobs[${first}]${hint}`,
    });
  });
  const nodes = jobs.map(({ key, job, dependsOn = [] }, at) => ({
    key: key ?? job.name,
    edges: edgesOf(dependsOn, { path: `jobs[${at}].dependsOn`, places, onFailure, errors }),
  }));
  if (errors.length > 0) return unsound(errors);
  const count = nodes.reduce((sum, { edges }) => sum + edges.length, 0);
  if (count > FLOW_EDGES_MAX) {
    const message = `must have at most ${FLOW_EDGES_MAX} dependencies in all; there are ${count}`;
    return unsound([{ path: "jobs", message }]);
  }
  const ring = cycleOf(nodes);
  return ring === null ? nodes : unsound([{ path: "jobs", message: ringText(ring) }]);
}

function edgesOf(
  parents: NonNullable<FlowRequest["jobs"][number]["dependsOn"]>,
  { path, places, onFailure, errors }: {
    readonly path: string;
    readonly places: ReadonlyMap<string, number>;
    readonly onFailure: EdgePolicy;
    readonly errors: FieldError[];
  },
): readonly FlowEdge[] {
  const seen = new Set<string>();
  return parents.flatMap((given, at) => {
    const { key, onFailure: own } = typeof given === "string" ? { key: given } : given;
    const parent = places.get(key);
    if (parent === undefined) {
      errors.push({ path: `${path}[${at}]`, message: `there is no job with the key ${key}` });
      return [];
    }
    if (seen.has(key)) errors.push({ path: `${path}[${at}]`, message: `${key} is named twice` });
    seen.add(key);
    return [{ parent, policy: own ?? onFailure }];
  });
}

function ringText(ring: readonly string[]): string {
  const told = ring.slice(0, RING_TOLD_MAX).join(" → ");
  const more = ring.length > RING_TOLD_MAX ? " → …" : "";
  return `wait for one another in a ring, so none of them would ever run: ${told}${more}`;
}

function unsound(errors: readonly FieldError[]): Problem {
  return invalid(errors.slice(0, FIELD_ERRORS_MAX), "unsound-flow");
}

function naming(id: string | undefined, key: string | null): FlowNaming {
  if (id !== undefined) return { kind: "own", id };
  return key === null ? { kind: "generated" } : { kind: "idempotent", key };
}
