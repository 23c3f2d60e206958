/**
 * Runs one errand of a flow: notes `start <job>` and `end <job>` in the file `ledger`, waits as long as it is told,
 * fails if it is told to, and returns what it was told of its parents. A flow's end is noted as `<state> <job>`.
 */
import type { HandlerContext } from "orrery";

interface Errand {
  readonly ms?: number;
  readonly fail?: boolean;
  readonly flow?: { readonly state: string };
}

export default {
  name: "errand",
  permissions: { write: ["ledger"], read: ["mended"] },
  async run(ctx: HandlerContext, { ms = 0, fail = false, flow }: Errand) {
    const note = (what: string) =>
      Deno.writeTextFileSync("ledger", `${what} ${ctx.jobId}\n`, { append: true });
    note(flow?.state ?? "start");
    if (ms > 0) await new Promise((resume) => setTimeout(resume, ms));
    if (fail && !isMended()) throw new Error("it was told to fail");
    note("end");
    return { parents: ctx.parents };
  },
};

/** What fails stops failing once there is a file of that name. */
function isMended(): boolean {
  try {
    return Deno.readTextFileSync("mended") !== "";
  } catch {
    return false;
  }
}
