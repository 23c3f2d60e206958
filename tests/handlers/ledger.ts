/**
 * Appends `start` and `end` lines to the file `ledger` in the node's working folder: what really ran, and
 * when. Lines: `<start|end> <job> <attempt> <fence> <wall clock ms>`.
 */
import type { HandlerContext } from "orrery";

export default {
  name: "ledger",
  permissions: { write: ["ledger"] },
  async run(ctx: HandlerContext, payload: { readonly ms: number } | null) {
    note("start", ctx);
    if (payload !== null && payload.ms > 0) {
      await new Promise((resume) => setTimeout(resume, payload.ms));
    }
    note("end", ctx);
    return { attempt: ctx.attempt };
  },
};

function note(what: string, { jobId, attempt, fence }: HandlerContext): void {
  const line = `${what} ${jobId} ${attempt} ${fence} ${Date.now()}\n`;
  Deno.writeTextFileSync("ledger", line, { append: true });
}
