/** Reports progress and writes log lines while it runs; waits `ms` after each. */
import type { HandlerContext } from "orrery";

export default {
  name: "talkative",
  async run(ctx: HandlerContext, payload: { readonly ms: number }) {
    for (const percent of [25, 50, 75]) {
      ctx.log("done so far:", { percent });
      console.log(`console at ${percent}`);
      await ctx.progress(percent);
      await new Promise((resume) => setTimeout(resume, payload.ms));
    }
    return "told";
  },
};
