/**
 * Failures: what a call of the client can reject with, beside the reason of its own signal.
 * @module
 */
import type { Job } from "./shapes.ts";

/** A problem document (RFC 9457) as the API sends it; `type` is `urn:orrery:problem:<kind>`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly [member: string]: unknown;
}

/** The API refused. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  constructor(
    readonly problem: ProblemDocument,
    /** An earlier attempt of the same call got no answer: what is refused now may have been done then. */
    readonly doubtful = false,
  ) {
    super(`${problem.status} ${problem.title}: ${problem.detail}`);
  }

  get status(): number {
    return this.problem.status;
  }

  /** The kind of refusal, as in `"not-found"` and `"conflict"`. */
  get kind(): string {
    return this.problem.type.replace("urn:orrery:problem:", "");
  }
}

/** No answer came, however often it was tried. Whether the request arrived is unknown. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(readonly url: string, cause: unknown) {
    super(`no answer from ${url}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** The job ended otherwise than completed; `job.error` says why it failed. */
export class JobNotCompletedError extends Error {
  override readonly name = "JobNotCompletedError";

  constructor(readonly job: Job) {
    const why = job.error === null ? "" : `: ${job.error.name}: ${job.error.message}`;
    super(`job ${job.id} is ${job.state}${why}`);
  }
}

/** The problem that a refusing answer tells; made up from its status when a proxy answered in its own words. */
export function problemOf(response: Response, text: string): ProblemDocument {
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      const document = JSON.parse(text);
      if (typeof document?.type === "string") return document;
    } catch {
      // Not JSON after all: its status says enough.
    }
  }
  return {
    type: "about:blank",
    title: response.statusText || "Refused",
    status: response.status,
    detail: text.slice(0, 200),
  };
}
