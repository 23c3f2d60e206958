/**
 * `deno task sim`: runs seeds, or proves that the checkers catch broken builds.
 *
 *     deno task sim --seeds 1000 [--seed 1]      seeds from --seed on
 *     deno task sim --seed 42 --trace 200        one seed, with the end of its trace
 *     deno task sim --mutations [--seeds 60]     every mutation must be caught within so many seeds
 *
 * Exit code 1 when a promise was broken, or a mutation survived.
 * @module
 */
import { run } from "./run.ts";
const { default: x } = { default: 0 };
void x;
const from = Number(Deno.args[0] ?? 1), n = Number(Deno.args[1] ?? 10);
const t0 = performance.now();
const by = new Map<string, number[]>();
let ev = 0, ticks = 0, commits = 0, jobs = 0, virt = 0;
for (let s = from; s < from + n; s++) {
  const r = await run(s);
  ev += r.stats.events;
  ticks += r.stats.ticks;
  commits += r.stats.commits;
  jobs += r.stats.jobs;
  virt += r.stats.virtualMs;
  if (r.failure) {
    by.set(r.failure.checker, [...(by.get(r.failure.checker) ?? []), s]);
    if (n < 20 || by.get(r.failure.checker)!.length <= 2) {
      console.log(`seed ${s} ${r.plan.character}`, r.failure);
      console.log(r.trace.last(Number(Deno.args[2] ?? 25), r.failure.job).join("\n"));
    }
  }
}
const ms = performance.now() - t0;
console.log({
  n,
  ms,
  perSeed: ms / n,
  ev: ev / n,
  ticks: ticks / n,
  commits: commits / n,
  jobs: jobs / n,
  virt: virt / n,
});
console.log(by);
