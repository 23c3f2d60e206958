import { defineJob } from "orrery";

export default defineJob<{ act: string; ms?: number; n?: number }>({
  name: "good",
  retry: { attempts: 7 },
  async run(ctx, { act, ms = 0, n = 0 }) {
    switch (act) {
      case "noop":
        return null;
      case "facts":
        return {
          jobId: ctx.jobId,
          attempt: ctx.attempt,
          idempotencyKey: ctx.idempotencyKey,
          fence: ctx.fence,
          scheduledFor: ctx.scheduledFor,
          lastCheckpoint: ctx.lastCheckpoint,
          startedAt: Date.now(),
        };
      case "sleep":
        await new Promise((wake) => setTimeout(wake, ms));
        return "slept";
      case "signal":
        await new Promise((_, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))
        );
        return null;
      case "steps": {
        let ran = 0;
        const stepped: string[] = [];
        for (let at = 0; at < n; at++) {
          stepped.push(await ctx.step(`s${at}`, () => `${ctx.attempt}:${++ran}`));
        }
        await ctx.checkpoint({ ran });
        await ctx.progress(50);
        ctx.log("ran", ran, { stepped });
        console.log("to the console");
        return { ran, stepped, checkpoint: ctx.lastCheckpoint };
      }
      case "soft-fail":
        throw Object.assign(new Error("try later"), { name: "Later", retryAfter: "90s" });
      case "hard-fail":
        throw Object.assign(new Error("never"), { name: "Never", retryable: false });
      default:
        throw new Error(`no act ${act}`);
    }
  },
});
