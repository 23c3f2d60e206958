/** The dashboard in a real browser: every page, both themes, wide and narrow. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Browser, Page } from "./browser/deps.ts";
import { findBrowser, openPage, PICTURES, startBrowser, violations } from "./support/browser.ts";
import type { Client } from "./support/client.ts";
import { fill, HOSTILE, send, startDashboardNode, TRACE_ID } from "./support/dashboard_node.ts";

const PROGRAM = await findBrowser();
const LOOKS = (["light", "dark"] as const).flatMap((theme) =>
  [400, 1400].map((width) => ({ theme, width }))
);
/** Each page, and what is seen when it is complete. */
const PAGES: Readonly<Record<string, readonly [path: string, seen: string]>> = {
  overview: ["/", ".tile, .plot"],
  jobs: ["/jobs", "tbody tr"],
  "jobs-none": ["/jobs?name=nobody", ".empty"],
  job: ["/jobs/broken", ".steps li"],
  "job-running": ["/jobs/slow", ".attempt"],
  "job-missing": ["/jobs/nobody", ".failure"],
  schedules: ["/schedules", "tbody tr"],
  schedule: ["/schedules/nightly", "tbody tr"],
  queues: ["/queues", "tbody tr"],
  flows: ["/flows", "tbody tr"],
  flow: ["/flows/order-7", ".flow-graph svg"],
  cluster: ["/cluster", ".ring svg"],
  alerts: ["/alerts", ".empty, tbody tr"],
};

/** Whether anything sticks out of the window to the right. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
}

/** Everything that is wrong with one page, in words. */
async function faults(page: Page, complaints: string[], name: string): Promise<string[]> {
  const expected = name === "job-missing" ? /404/ : /^$/;
  const out = await overflow(page);
  return [
    ...await violations(page),
    ...(out > 0 ? [`sticks out by ${out} px`] : []),
    ...complaints.splice(0).filter((text) => !expected.test(text)),
  ];
}

async function complete(page: Page, seen: string): Promise<void> {
  await page.waitForSelector(seen);
  await page.waitForSelector(".loading", { state: "detached" });
}

async function looksRight(browser: Browser, url: string): Promise<void> {
  await Deno.mkdir(PICTURES, { recursive: true });
  const wrong: string[] = [];
  for (const look of LOOKS) {
    const { page, complaints } = await openPage(browser, look);
    for (const [name, [path, seen]] of Object.entries(PAGES)) {
      await page.goto(`${url}/#${path}`);
      await complete(page, seen).catch((error: Error) => {
        throw new Error(`${name}, ${look.theme}, ${look.width} px: ${complaints.join("; ")}`, {
          cause: error,
        });
      });
      await page.screenshot({ path: `${PICTURES}${name}-${look.theme}-${look.width}.png` });
      const where = `${name}, ${look.theme}, ${look.width} px`;
      for (const fault of await faults(page, complaints, name)) wrong.push(`${where}: ${fault}`);
    }
    await page.context().close();
  }
  assert.deepEqual(wrong, []);
}

async function acts(browser: Browser, url: string): Promise<void> {
  const { page, complaints } = await openPage(browser, { theme: "light", width: 1400 });
  await page.goto(`${url}/#/jobs/later`);
  await page.getByRole("button", { name: "Run now" }).click();
  await page.waitForSelector(".page-head .badge.completed");
  await page.goto(`${url}/#/jobs/broken`);
  const trace = await page.getByRole("link", { name: "Open the trace" }).getAttribute("href");
  assert.equal(trace, `https://traces.example/trace/${TRACE_ID}`);
  await page.goto(`${url}/#/schedules/nightly`);
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.waitForSelector(".page-head .badge.paused");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "nightly" }).waitFor();
  await page.goto(`${url}/#/queues`);
  await page.getByRole("button", { name: "Limits of default" }).click();
  await page.getByLabel("Jobs at once").fill("7");
  await page.getByLabel("Starts in a span of time").fill("90 per minute");
  await page.getByRole("button", { name: "Set" }).click();
  await page.getByText("of 90 per minute").waitFor();
  await page.getByText("0 of 7", { exact: true }).waitFor();
  await page.goto(`${url}/#/jobs?state=scheduled&queue=default`);
  await page.getByRole("button", { name: "Cancel matching…" }).click();
  await page.getByRole("button", { name: "Cancel them" }).click();
  await page.getByText("Cancelled 2 jobs", { exact: true }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** Forwards, backwards and by keyboard: the same jobs in the same order, whatever comes meanwhile. */
async function pages(
  browser: Browser,
  { url, client }: { url: string; client: Client },
): Promise<void> {
  const { page, complaints } = await openPage(browser, { theme: "light", width: 1400 });
  const shown = async (first: string) => {
    await page.waitForSelector(`tbody tr:first-child[data-key="${first}"]`);
    const keys = "[...document.querySelectorAll('tbody tr')].map((row) => row.dataset.key).join()";
    return await page.evaluate(keys) as string;
  };
  await page.goto(`${url}/#/jobs?tag=demo`);
  await shown("echo-119");
  await page.keyboard.press("n");
  const second = await shown("echo-69");
  await page.keyboard.press("n");
  await shown("echo-19");
  await send(client, "POST /job", { id: "new", name: "echo", tags: ["demo"], delay: "1h" });
  await page.keyboard.press("p");
  assert.equal(await shown("echo-69"), second);
  await page.reload();
  assert.equal(await shown("echo-69"), second);
  await page.keyboard.press("p");
  await shown("echo-119");
  await page.keyboard.press("p");
  await shown("new");
  assert.equal(await page.evaluate("location.hash"), "#/jobs?tag=demo");
  await page.getByLabel("Order").selectOption("oldest");
  await shown("echo-0");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  assert.equal(await page.evaluate("location.hash"), "#/jobs/echo-1");
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** What happens is seen at once, and drawn. */
async function isLive(
  browser: Browser,
  { url, client }: { url: string; client: Client },
): Promise<void> {
  const { page, complaints } = await openPage(browser, { theme: "light", width: 1400 });
  await page.goto(`${url}/#/`);
  await page.waitForSelector(".live-on");
  for (let n = 0; n < 30; n++) await send(client, "POST /job", { name: "echo", queue: "live" });
  for (const name of ["Throughput: submitted [1-9]", "Start lag: median \\d"]) {
    await page.getByRole("img", { name: new RegExp(name) }).waitFor();
  }
  await page.screenshot({ path: `${PICTURES}overview-live.png` });
  await page.goto(`${url}/#/queues`);
  await page.getByRole("link", { name: "live", exact: true }).waitFor();
  await send(client, "POST /job", { name: "echo", queue: "brand-new" });
  await page.getByRole("link", { name: "brand-new", exact: true }).waitFor({ timeout: 2_500 });
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** A file that does not come is asked for again. */
async function loadsAgain(browser: Browser, url: string): Promise<void> {
  const { page } = await openPage(browser, { theme: "light", width: 1400 });
  let asked = 0;
  await page.route(
    /pages\/overview\.js$/,
    (route) => asked++ < 2 ? route.abort() : route.continue(),
  );
  await page.goto(`${url}/#/`);
  await page.waitForSelector(".tile");
  assert.ok(asked >= 3, `asked ${asked} times`);
  await page.context().close();
}

/** Texts of users stay texts on every page that shows them. */
async function staysInert(browser: Browser, url: string): Promise<void> {
  const { page, complaints } = await openPage(browser, { theme: "dark", width: 1400 });
  const paths = [
    "/jobs/hostile",
    "/jobs",
    "/schedules/month-end",
    `/jobs/${encodeURIComponent(HOSTILE)}`,
  ];
  for (const path of paths) {
    await page.goto(`${url}/#${path}`);
    await page.waitForSelector(".card, .failure, tbody tr");
    await page.waitForSelector(".loading", { state: "detached" });
  }
  await page.goto(`${url}/#/jobs/hostile`);
  await page.getByText("packed item 12").last().waitFor();
  await page.getByText("onerror").first().waitFor();
  assert.equal(await page.evaluate("globalThis.hurt"), undefined);
  assert.equal(await page.evaluate("document.querySelectorAll('main img, main script').length"), 0);
  assert.deepEqual(complaints.filter((text) => !/\b40[04]\b/.test(text)), []);
  await page.context().close();
}

/** The key goes out as a header and stays in the tab; what it may not do is not offered. */
async function signsIn(browser: Browser): Promise<void> {
  const keyOf = (name: string, scopes: string[]) => ({ name, scopes, sha256: sha256(name) });
  const keys = [keyOf("reader", ["read"]), keyOf("boss", ["read", "write", "admin"])];
  const { workspace, node } = await startDashboardNode({ security: { keys } });
  await using _ = workspace;
  const { page } = await openPage(browser, { theme: "light", width: 1400 });
  await page.goto(`${node.url}/#/queues`);
  const enter = async (key: string) => {
    const field = page.getByLabel("API key");
    await field.fill(key);
    await field.press("Enter");
  };
  await page.getByLabel("API key").press("Escape");
  await page.getByRole("button", { name: "Sign in" }).click();
  await enter("wrong");
  await page.getByText("did not take the key").waitFor();
  await enter("reader");
  await page.getByText("No queue yet").waitFor();
  await page.getByText("key reader").waitFor();
  await page.goto(`${node.url}/#/jobs`);
  await page.getByText("No jobs yet").waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel matching…" }).isVisible(), false);
  await page.getByRole("button", { name: "Sign out" }).click();
  await enter("boss");
  await page.getByText("key boss").waitFor();
  assert.equal(await page.getByRole("button", { name: "Cancel matching…" }).isVisible(), true);
  assert.equal(await page.evaluate("Object.values(localStorage).join()"), "");
  assert.equal(await page.evaluate("document.cookie"), "");
  await node.end("SIGKILL");
  await page.evaluate("location.hash = '#/queues'");
  await page.getByText("The node does not answer").first().waitFor();
  await page.getByRole("button", { name: "Try again" }).first().waitFor();
  await page.context().close();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

Deno.test({
  name: "the dashboard in a browser",
  ignore: PROGRAM === undefined,
  // The browser's driver keeps its pipe and timers until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    const { workspace, node: { url }, client } = await startDashboardNode();
    await using _ = workspace;
    await fill(client);
    const browser = await startBrowser(PROGRAM ?? "");
    try {
      await t.step(
        "every page, both themes, wide and narrow: no error, no violation",
        () => looksRight(browser, url),
      );
      await t.step("charts and lists follow what happens", () => isLive(browser, { url, client }));
      await t.step("a page that came in part is loaded again", () => loadsAgain(browser, url));
      await t.step("texts of users stay texts", () => staysInert(browser, url));
      await t.step(
        "jobs are paged to and fro, by keyboard, and are the same again",
        () => pages(browser, { url, client }),
      );
      await t.step(
        "jobs are run, cancelled and traced, schedules paused, limits set",
        () => acts(browser, url),
      );
      await t.step(
        "a key is asked for, stays in the tab, and says what is offered; an outage is told",
        () => signsIn(browser),
      );
    } finally {
      await browser.close();
    }
  },
});
