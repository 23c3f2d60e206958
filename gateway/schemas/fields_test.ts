import assert from "node:assert/strict";
import type { z } from "../../deps.ts";
import { duration, instant, jobId, simpleName, tagText, whole, wholeText } from "./fields.ts";
import { jobActionSchema, jobFilter } from "./job_filter.ts";
import { queueSettingsSchema } from "./queue_settings.ts";

function accepts(schema: z.ZodType, values: readonly unknown[]): void {
  for (const value of values) assert.ok(schema.safeParse(value).success, JSON.stringify(value));
}

function refuses(schema: z.ZodType, values: readonly unknown[]): void {
  for (const value of values) assert.ok(!schema.safeParse(value).success, JSON.stringify(value));
}

Deno.test("names and tags take what is fit for labels and URLs", () => {
  accepts(simpleName, ["a", "send-invoice", "v2.mail_x", "ns:job", "9", "a".repeat(100)]);
  refuses(simpleName, ["", "-a", ".a", "a/b", "a b", "é", "a\n", "a".repeat(101), 1, null]);
  accepts(tagText, ["eu", "batch-7", "a=b", "@x/y", "~"]);
  refuses(tagText, ["", "a b", "a,b", "é", "\n", "a".repeat(101)]);
});

Deno.test("job ids are actor ids that survive a URL's path", () => {
  accepts(jobId, ["a", "order-7/charge", "nightly@2027-01-01T02:00:00Z", "...", "a".repeat(200)]);
  refuses(jobId, ["", ".", "..", "a b", "a%2Fb", "a?b", "a#b", "é", "a".repeat(201)]);
});

Deno.test("duration() and instant turn text into milliseconds", () => {
  assert.equal(duration().parse("5m"), 300_000);
  assert.equal(duration({ minMs: 1, maxMs: 10 }).parse(10), 10);
  refuses(duration({ minMs: 1, maxMs: 10 }), [0, 11, "1s", "x", null, [], true]);
  assert.equal(instant.parse("2027-01-01T00:00:00Z"), Date.UTC(2027, 0, 1));
  refuses(instant, ["2027-01-01", 5, null]);
});

Deno.test("whole() and wholeText() bound whole numbers", () => {
  accepts(whole(0, 9), [0, 9]);
  refuses(whole(0, 9), [-1, 10, 0.5, "5", NaN, Infinity, null]);
  assert.equal(wholeText(1, 500).parse("050"), 50);
  refuses(wholeText(1, 500), ["", "0", "501", "-1", "1.0", "1e2", " 1", "0x1", 5]);
});

Deno.test("jobFilter() keeps the given conditions only", () => {
  const action = jobActionSchema.parse({
    ...{ state: "failed", name: "mail", queue: "q", tag: "eu", scheduleId: "nightly" },
    ...{ from: "2027-01-01T00:00:00Z", to: "2027-01-02T00:00:00Z", limit: 5 },
  });
  assert.deepEqual(jobFilter(action), {
    ...{ state: "failed", name: "mail", queue: "q", tag: "eu", scheduleId: "nightly" },
    ...{ fromMs: Date.UTC(2027, 0, 1), toMs: Date.UTC(2027, 0, 2) },
  });
  assert.deepEqual(jobFilter(jobActionSchema.parse({ all: true })), {});
});

Deno.test("queue settings take what is offered", () => {
  accepts(queueSettingsSchema, [{ paused: true }, { concurrency: null }, { rate: null }]);
  refuses(queueSettingsSchema, [{}, { rate: 5 }, { concurrency: 0 }, { concurrency: 1e9 }, []]);
});
