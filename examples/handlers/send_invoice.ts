/**
 * Charges a customer and sends the invoice, each exactly once, however often the job is repeated.
 *
 *     {"name": "send-invoice", "payload": {"customer": "c-17", "cents": 4200}}
 *
 * The results of finished steps are kept with the job: if the second step fails, the next attempt
 * does not charge again.
 */
import { defineJob } from "orrery";

interface Invoice {
  readonly customer: string;
  readonly cents: number;
}

export default defineJob({
  name: "send-invoice",
  timeout: "30s",
  retry: { attempts: 5, base: "2s" },

  async run(ctx, { customer, cents }: Invoice) {
    if (!(cents > 0)) {
      // Trying again would not make the amount better.
      throw Object.assign(new Error(`cannot charge ${cents} cents`), { retryable: false });
    }
    const charge = await ctx.step("charge", () => chargeCard(customer, cents, ctx.idempotencyKey));
    ctx.log("charged", charge.id);
    await ctx.progress(50);
    const mail = await ctx.step("mail", () => sendMail(customer, charge.id));
    return { charge: charge.id, mail: mail.id };
  },
});

/** Stands for a payment service; it would be given the key, so that it too recognizes a repeat. */
function chargeCard(customer: string, cents: number, idempotencyKey: string) {
  return { id: `charge-${customer}-${cents}-${idempotencyKey}` };
}

/** Stands for a mail service. */
function sendMail(customer: string, chargeId: string) {
  return { id: `mail-${customer}-${chargeId}` };
}
