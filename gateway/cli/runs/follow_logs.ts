/**
 * FollowLogs: what a job goes on to log, until it is over.
 * @module
 */
import { isFinal } from "../../client/shapes.ts";
import { type Answer, EXIT, type Program } from "../command.ts";
import { connect } from "../connection.ts";

/** How often it is looked, ms. */
const LOOK_EVERY_MS = 500;

/** Shows the lines behind the one that the second operand names; the first is the job's id. */
export const followLogs: Program = async (plan, world) => {
  const [id = "", from = "0"] = plan.operands;
  const job = connect(plan, world).job(id);
  let after = Number(from);
  for (;;) {
    // Asked first: what was logged before the end is there when the end is.
    const { state } = await job.get();
    for (;;) {
      const { lines, next } = await job.logs({ after });
      if (lines.length === 0) break;
      world.print(plan.json ? JSON.stringify({ lines, next }) : logText({ lines }));
      after = next;
    }
    if (isFinal(state)) return EXIT.done;
    await world.wait(LOOK_EVERY_MS);
  }
};

/** The lines as text. */
export function logText({ lines }: Answer): string {
  return (lines as readonly { readonly text: string }[]).map(({ text }) => text).join("\n");
}
