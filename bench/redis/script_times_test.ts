import assert from "node:assert/strict";
import { scriptTimesIn } from "./script_times.ts";

Deno.test("scriptTimesIn() finds the scripts in what a server says of its commands", () => {
  const info = "# Latencystats\r\n" +
    "latency_percentiles_usec_get:p50=1.003,p99=9.023,p100=9.023\r\n" +
    "latency_percentiles_usec_evalsha:p50=1003.519,p99=4046.5,p100=5013.503\r\n" +
    "# Commandstats\r\ncmdstat_evalsha:calls=391,usec=1,usec_per_call=1\r\n";
  assert.deepEqual(scriptTimesIn(info), {
    count: 391,
    p50: 1.003519,
    p99: 4.0465,
    max: 5.013503,
  });
});

Deno.test("scriptTimesIn() is undefined when no script ran", () => {
  assert.equal(scriptTimesIn("cmdstat_get:calls=1,usec=1,usec_per_call=1\r\n"), undefined);
});
