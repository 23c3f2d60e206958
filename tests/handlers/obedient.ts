/** Works until its signal aborts, then says so in the file `ledger` and stops: a handler as it should be. */
import type { HandlerContext } from "orrery";

export default {
  name: "obedient",
  permissions: { write: ["ledger"] },
  run(ctx: HandlerContext) {
    const note = (what: string) =>
      Deno.writeTextFileSync("ledger", `${what} ${ctx.jobId}\n`, { append: true });
    note("began");
    return new Promise((_resolve, reject) => {
      ctx.signal.addEventListener("abort", () => {
        note("aborted");
        reject(ctx.signal.reason);
      });
    });
  },
};
