/**
 * Two durable steps and a checkpoint, each with a side effect in the file `ledger`. The first attempt stops
 * between them: by an error, or, with `hang`, by waiting to be killed.
 */
import type { HandlerContext } from "orrery";

export default {
  name: "stepwise",
  permissions: { write: ["ledger"] },
  async run(ctx: HandlerContext, payload: { readonly hang?: boolean } | null) {
    const note = (what: string) =>
      Deno.writeTextFileSync("ledger", `${what} ${ctx.jobId}\n`, { append: true });
    const resumed = ctx.lastCheckpoint;
    const charge = await ctx.step("charge", () => {
      note("charge");
      return { charge: crypto.randomUUID() };
    });
    if (resumed === null) {
      await ctx.checkpoint({ charged: charge.charge });
      note("checkpoint");
      if (payload?.hang) await new Promise(() => setInterval(() => {}, 1_000));
      throw new Error("stopped between the steps");
    }
    const mail = await ctx.step("mail", () => {
      note("mail");
      return "sent";
    });
    return { charge, mail, resumed };
  },
};
