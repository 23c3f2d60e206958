/**
 * Watch: `watch ID`: a job's changes as they come, until it is over; `watch`: those of all jobs, without end.
 *
 * Exit code: 0 when the job has completed, 1 when it ended otherwise.
 * @module
 */
import type { JobEvent } from "../../client.ts";
import { EXIT, type ExitCode, type Program, type ProgramPlan, readCount } from "../command.ts";
import { connect } from "../connection.ts";
import type { World } from "../world.ts";

/** Follows the job that the operand names, or all. One line per change, of JSON with `--json`. */
export const watch: Program = async (plan, world) => {
  const [id] = plan.operands;
  return id === undefined ? await watchAll(plan, world) : await watchOne(id, plan, world);
};

async function watchOne(id: string, plan: ProgramPlan, world: World): Promise<ExitCode> {
  const stray = (["count", "state", "name", "queue"] as const)
    .find((option) => plan.values[option] !== undefined);
  if (stray !== undefined) throw new Error(`watch ID takes no --${stray}`);
  let state = "";
  for await (const event of connect(plan, world).job(id).events()) {
    state = event.state;
    world.print(plan.json ? JSON.stringify(event) : lineOfOne(event));
  }
  return state === "completed" ? EXIT.done : EXIT.refused;
}

async function watchAll(plan: ProgramPlan, world: World): Promise<ExitCode> {
  const { count, state, name, queue } = plan.values;
  let left = count === undefined
    ? Infinity
    : readCount("count", count, { fallback: 1, max: Number.MAX_SAFE_INTEGER });
  for await (const event of connect(plan, world).events()) {
    if (event.kind === "reset") {
      world.complain(`changes are missing here: ${event.detail}`);
      continue;
    }
    const { job } = event;
    const wanted = [[state, job.state], [name, job.name], [queue, job.queue]]
      .every(([asked, is]) => asked === undefined || asked === is);
    if (!wanted) continue;
    world.print(plan.json ? JSON.stringify(job) : lineOfMany(job));
    if (--left <= 0) break;
  }
  return EXIT.done;
}

function lineOfOne({ at, state, attempt, progress }: JobEvent): string {
  return `${at}  ${state}  attempt ${attempt}${progress === null ? "" : `  ${progress} %`}`;
}

function lineOfMany({ at, jobId, state, name, queue, attempt, progress }: JobEvent): string {
  const done = progress === null ? "" : `  ${progress} %`;
  return `${at}  ${state.padEnd(9)}  ${jobId}  ${name}  ${queue}  attempt ${attempt}${done}`;
}
