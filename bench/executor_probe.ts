/**
 * Probe: how many no-op attempts a second go through sandboxed workers, and what they cost the node's thread.
 *
 *     deno run -A bench/executor_probe.ts [seconds] [in flight] [workers]
 *
 * @module
 */
import { createExecutor } from "../actors/executor/executor.ts";
import type { AttemptKey, AttemptOutcome } from "../actors/executor/port.ts";
import { systemClock } from "../runtime/system/system_clock.ts";

const [seconds = 5, inFlight = 100, workers = 2] = Deno.args.map(Number);
const dir = await Deno.makeTempDir({ prefix: "orrery-probe-" });
await Deno.writeTextFile(`${dir}/probe.ts`, `export default { name: "probe", run() {} };\n`);

let done = 0;
let bad = 0;
let sequence = 0;
let stopped = false;
let startedAt = 0;
const lagsMs: number[] = [];
const sentAt = new Map<string, number>();
const executor = createExecutor(
  {
    handlersDir: dir,
    permissionsCap: null,
    inlineAllowed: [],
    workers,
    heapMiB: 512,
    commandAllow: [],
    httpAllowPrivate: false,
    node: "probe",
    boot: "1",
  },
  {
    progress() {},
    log() {},
    step: () => Promise.resolve(),
    checkpoint: () => Promise.resolve(),
    ended(key: AttemptKey, outcome: AttemptOutcome) {
      done++;
      if (outcome.kind !== "ok") bad++;
      const sent = sentAt.get(key.token);
      sentAt.delete(key.token);
      if (sent !== undefined) lagsMs.push(performance.now() - sent);
      if (!stopped) submit();
    },
  },
  { clock: systemClock, log: () => {} },
);

function submit(): void {
  const token = `t${sequence++}`;
  sentAt.set(token, performance.now());
  executor.run({
    key: { jobId: `job-${sequence}`, attempt: 1, token },
    name: "probe",
    payload: "{}",
    timeoutMs: 30_000,
    notBeforeMs: 0,
    scheduledForMs: 0,
    fence: 1,
    checkpoint: "null",
    steps: new Map(),
    exclusive: false,
  });
}

/** User and system time of this thread, ms: what the node's other work would miss. */
function threadMs(): number {
  const stat = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const loadedAt = performance.now();
console.log(
  "reload",
  (await executor.reload()).problems,
  Math.round(performance.now() - loadedAt),
  "ms",
);
for (let at = 0; at < inFlight; at++) submit();
await new Promise((resolve) => setTimeout(resolve, 1_000));
done = 0;
lagsMs.length = 0;
startedAt = performance.now();
const cpuBefore = threadMs();
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
const spentMs = performance.now() - startedAt;
const cpuMs = threadMs() - cpuBefore;
stopped = true;
lagsMs.sort((a, b) => a - b);
console.log({
  perSecond: Math.round(done / spentMs * 1_000),
  nodeMicrosPerAttempt: Number((cpuMs * 1_000 / done).toFixed(1)),
  roundTripMs: {
    p50: lagsMs[Math.floor(lagsMs.length * 0.5)]?.toFixed(2),
    p99: lagsMs[Math.floor(lagsMs.length * 0.99)]?.toFixed(2),
    max: lagsMs.at(-1)?.toFixed(2),
  },
  bad,
});
await executor.close();
await Deno.remove(dir, { recursive: true });
