/**
 * Dashboard: what a million jobs and thousands of events a second cost whoever looks at them, in a real Chromium.
 *
 * Intuition: of a page, the browser tells when it first painted; of a list, the page itself when its rows were
 * there, from the change of its address on; of live charts, how long the browser was kept from all else.
 * @module
 */
import type { Browser, Page } from "../../tests/browser/deps.ts";
import { findBrowser, openPage, startBrowser } from "../../tests/support/browser.ts";
import { startNodeProcess } from "../orrery/node_process.ts";

const BATCH = 1_000;
/** Of so many jobs, one has run. */
const RUN_EVERY = 25;
const VISITS = 5;
const LIVE_JOBS_PER_SECOND = 2_000;
const LIVE_BEAT_MS = 50;
const LIVE_LOOK_MS = 20_000;

/** Lists, in the terms of the page's address. */
const LISTS: Readonly<Record<string, string>> = {
  "all, newest": "/jobs",
  "all, oldest": "/jobs?order=oldest",
  "one state": "/jobs?state=completed",
  "a rare state": "/jobs?state=failed",
  "one name of two": "/jobs?name=echo",
  "one queue of ten": "/jobs?queue=q3",
  "one tag of a thousand": "/jobs?tag=t77",
  "state, name and queue": "/jobs?state=scheduled&name=noop&queue=q1",
  "queue and tag": "/jobs?queue=q8&tag=t78",
  "a tag that nobody has": "/jobs?tag=nobody",
  "a name and a queue that never meet": "/jobs?name=noop&queue=q2",
  "the last hour": "/jobs?since=3600",
};

/** Resolves with how long it took from a new address to its rows on the screen, ms. */
const VISIT = `globalThis.visit = (address) => change(() => location.hash = address);
globalThis.turnPage = (key) => change(() => document.querySelector(\`[data-page="\${key}"]\`).click());
globalThis.change = (begins) => new Promise((resolve) => {
  const main = document.querySelector("main");
  const [old, begin] = [main.firstChild, performance.now()];
  const look = () => {
    const there = main.firstChild !== old && main.querySelector("tbody tr, .empty, .failure") &&
      !main.querySelector(".loading");
    if (there) requestAnimationFrame(() => resolve(performance.now() - begin));
    else setTimeout(look, 1);
  };
  begins();
  setTimeout(look, 1);
})`;
const WATCH = `globalThis.tasks = []; globalThis.gaps = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) tasks.push(duration);
  }).observe({ type: "longtask" });
  let last = performance.now();
  const frame = (now) => { gaps.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame(frame);`;

/** Durations of tasks over 50 ms, and between frames, ms. */
interface Watched {
  readonly tasks: readonly number[];
  readonly gaps: readonly number[];
}

/** Runs it; the lines of a Markdown table, or one that says why not. */
export async function measureDashboard({ jobs }: { readonly jobs: number }): Promise<string[]> {
  const program = await findBrowser();
  if (program === undefined) return [];
  const dir = await Deno.makeTempDir({ prefix: "orrery-bench-" });
  const node = await startNodeProcess(`sqlite:${dir}/orrery.db`);
  const browser = await startBrowser(program);
  try {
    await fill(node.url, jobs);
    return [
      `| the dashboard over ${jobs} jobs, median (worst of ${VISITS}) | | target |`,
      "| --- | --- | --- |",
      ...await firstPaints(browser, node.url),
      ...await lists(browser, node.url),
      ...await live(browser, { url: node.url, path: "/", name: "live charts" }),
      ...await live(browser, { url: node.url, path: "/jobs", name: "the live list" }),
    ];
  } finally {
    await browser.close();
    await node.stop("SIGKILL");
    await Deno.remove(dir, { recursive: true });
  }
}

async function post(url: URL, batch: readonly unknown[]): Promise<void> {
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify(batch);
  const response = await fetch(new URL("/jobs", url), { method: "POST", headers, body });
  const { accepted } = await response.json() as { readonly accepted: number };
  if (accepted !== batch.length) throw new Error(`of ${batch.length} jobs ${accepted} were taken`);
}

/** Most wait for a time in a month; the first ones run, and a few of them fail. */
async function fill(url: URL, jobs: number): Promise<void> {
  for (let made = 0; made < jobs; made += BATCH) {
    const runs = made < jobs / RUN_EVERY;
    await post(
      url,
      Array.from({ length: Math.min(BATCH, jobs - made) }, (_, at) => ({
        ...(runs && at === 0
          ? { name: "fail", retry: { attempts: 1 } }
          : { name: at % 2 === 0 ? "echo" : "noop" }),
        queue: `q${at % 10}`,
        tags: [`t${at % 1_000}`],
        payload: { n: made + at, text: "x".repeat(60) },
        ...(!runs && { delay: "30d" }),
      })),
    );
  }
}

/** Each in a browser that has nothing of the page yet. */
async function firstPaints(browser: Browser, url: URL): Promise<string[]> {
  const painted: number[] = [];
  const complete: number[] = [];
  for (let visit = 0; visit < VISITS; visit++) {
    const { page } = await openPage(browser, { theme: "light", width: 1400 });
    const begin = performance.now();
    await page.goto(new URL("/", url).href);
    await page.waitForSelector(".tile");
    complete.push(performance.now() - begin);
    const entry = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0";
    painted.push(Number(await page.evaluate(entry)));
    await page.context().close();
  }
  return [
    `| first paint, nothing cached | ${told(painted)} | ≤ 1,000 ms |`,
    `| overview with its numbers, nothing cached | ${told(complete)} | |`,
  ];
}

async function lists(browser: Browser, url: URL): Promise<string[]> {
  const { page } = await openPage(browser, { theme: "light", width: 1400 });
  await page.goto(new URL("/#/cluster", url).href);
  await page.waitForSelector(".ring svg");
  await page.evaluate(VISIT);
  const rows: string[] = [];
  for (const [name, address] of Object.entries(LISTS)) {
    const target = name.startsWith("all") ? 200 : 500;
    rows.push(`| list: ${name} | ${told(await visits(page, address))} | ≤ ${target} ms |`);
  }
  rows.push(`| list: next page | ${told(await turns(page, "n"))} | ≤ 200 ms |`);
  rows.push(`| list: previous page | ${told(await turns(page, "p"))} | ≤ 200 ms |`);
  await page.context().close();
  return rows;
}

async function visits(page: Page, address: string): Promise<number[]> {
  const times: number[] = [];
  for (let visit = 0; visit < VISITS; visit++) {
    times.push(Number(await page.evaluate(`visit(${JSON.stringify(address)})`)));
    await page.evaluate(`visit("/queues")`);
  }
  return times;
}

/** Turns pages of the whole list, which is left where it is. */
async function turns(page: Page, way: "n" | "p"): Promise<number[]> {
  if (way === "n") await page.evaluate(`visit("/jobs?order=oldest")`);
  const times: number[] = [];
  for (let turn = 0; turn < VISITS; turn++) {
    times.push(Number(await page.evaluate(`turnPage("${way}")`)));
  }
  return times;
}

/** A page while thousands of jobs come and go. */
async function live(
  browser: Browser,
  { url, path, name }: { url: URL; path: string; name: string },
): Promise<string[]> {
  const { page } = await openPage(browser, { theme: "light", width: 1400 });
  await page.goto(new URL(`/#${path}`, url).href);
  await page.waitForSelector(".live-on");
  const ends = performance.now() + LIVE_LOOK_MS + 3_000;
  const load = submitUntil(ends, url);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await page.evaluate(WATCH);
  await new Promise((resolve) => setTimeout(resolve, LIVE_LOOK_MS));
  const { tasks, gaps } = await page.evaluate("({ tasks, gaps })") as Watched;
  const made = await load;
  await page.context().close();
  const sorted = gaps.toSorted((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
  const longest = tasks.length === 0 ? "none over 50 ms" : ms(Math.max(...tasks));
  return [
    `| ${name} at ${made} jobs/s: longest task | ${longest} | < 200 ms |`,
    `| the same: frames apart, p99 and most | ${ms(p99)}, ${ms(sorted.at(-1) ?? 0)} | |`,
  ];
}

/** Submits jobs that run at once, evenly; resolves with how many a second. */
async function submitUntil(ends: number, url: URL): Promise<number> {
  const begin = performance.now();
  let made = 0;
  for (let now = begin; now < ends; now = performance.now()) {
    const missing = Math.min(
      BATCH,
      Math.floor((now - begin) / 1_000 * LIVE_JOBS_PER_SECOND) - made,
    );
    if (missing > 0) {
      await post(url, Array.from({ length: missing }, () => ({ name: "noop", queue: "live" })));
      made += missing;
    }
    await new Promise((resolve) => setTimeout(resolve, LIVE_BEAT_MS));
  }
  return Math.round(made / (performance.now() - begin) * 1_000);
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function told(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  return `${ms(sorted[Math.floor(sorted.length / 2)] ?? 0)} (${ms(sorted.at(-1) ?? 0)})`;
}
