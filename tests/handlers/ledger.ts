/**
 * Appends `start` and `end` lines to the file `ledger` in the node's working folder: what really ran, and
 * when. Lines: `<start|end> <job> <attempt> <fence> <wall clock ms> <node>`; the node is `-` unless the
 * environment names it.
 */
import type { HandlerContext } from "orrery";

export default {
  name: "ledger",
  permissions: { write: ["ledger"], env: ["LEDGER_NODE"] },
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
  const node = Deno.env.get("LEDGER_NODE") ?? "-";
  const line = `${what} ${jobId} ${attempt} ${fence} ${Date.now()} ${node}\n`;
  Deno.writeTextFileSync("ledger", line, { append: true });
}
