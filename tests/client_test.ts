import assert from "node:assert/strict";
import { createClient, type JobEvent, JobNotCompletedError } from "../gateway/client.ts";
import { nodeSuite } from "./support/suite.ts";

/** The handlers' types; their code runs in the node alone. */
interface Handlers {
  readonly greet: typeof import("./handlers/greet.ts");
  readonly flaky: typeof import("./handlers/flaky.ts").default;
}

nodeSuite("the typed client", { handlers: ["greet", "flaky"] }, {
  "gives what the handler gave, typed": async ({ node }) => {
    const client = createClient<Handlers>({ url: node().url });
    const job = await client.submit("greet", { to: "Ada" });
    const { greeting }: { greeting: string } = await job.result();
    assert.equal(greeting, "Hello, Ada!");
    assert.equal((await job.get()).payload.to, "Ada");
  },

  "waits over retries, and follows them": async ({ node }) => {
    const client = createClient<Handlers>({ url: node().url });
    const plan = [{ name: "Error" }];
    const job = await client.submit("flaky", { plan }, { retry: { attempts: 2, base: 50 } });
    const events: JobEvent[] = [];
    for await (const event of job.events()) events.push(event);
    assert.equal(events.at(-1)?.state, "completed");
    const attempt: number = (await job.result()).attempt;
    assert.equal(attempt, 2);
  },

  "tells why a job failed, and retries it": async ({ node }) => {
    const client = createClient<Handlers>({ url: node().url });
    const plan = [{ name: "RangeError", message: "too far", retryable: false }];
    const job = await client.submit("flaky", { plan });
    await assert.rejects(job.result(), (error) => {
      assert.ok(error instanceof JobNotCompletedError);
      assert.deepEqual([error.job.error?.name, error.job.error?.message], [
        "RangeError",
        "too far",
      ]);
      return true;
    });
    await job.retry({ payload: { plan: [] } });
    assert.ok(await job.result());
  },
});
