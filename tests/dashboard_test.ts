/** The dashboard in a real browser: every page, both themes, wide and narrow. */
import assert from "node:assert/strict";
import type { Browser, Page } from "./browser/deps.ts";
import { findBrowser, openPage, PICTURES, startBrowser, violations } from "./support/browser.ts";
import { Client } from "./support/client.ts";
import { eventually } from "./support/eventually.ts";
import { Workspace } from "./support/workspace.ts";

const PROGRAM = await findBrowser();
const LOOKS = (["light", "dark"] as const).flatMap((theme) =>
  [400, 1400].map((width) => ({ theme, width }))
);
/** Each page, and what is seen when it is complete. */
const PAGES: Readonly<Record<string, readonly [path: string, seen: string]>> = {
  overview: ["/", ".tile, .plot"],
  jobs: ["/jobs", "tbody tr"],
  "jobs-none": ["/jobs?name=nobody", ".empty"],
  job: ["/jobs/broken", ".attempt"],
  "job-missing": ["/jobs/nobody", ".failure"],
  schedules: ["/schedules", "tbody tr"],
  schedule: ["/schedules/nightly", "tbody tr"],
  queues: ["/queues", "tbody tr"],
  flows: ["/flows", "tbody tr"],
  flow: ["/flows/order-7", ".flow-graph svg"],
  cluster: ["/cluster", ".ring svg"],
  alerts: ["/alerts", ".empty, tbody tr"],
};

async function send(client: Client, request: string, body: unknown): Promise<void> {
  const [method = "", path = ""] = request.split(" ");
  const headers = { "content-type": "application/json" };
  const { status } = await client.request(path, { method, body: JSON.stringify(body), headers });
  assert.ok(status < 300, `${request}: ${status}`);
}

/** A node with something on every page. */
async function seed(client: Client): Promise<void> {
  for (let n = 0; n < 60; n++) {
    const job = { id: `echo-${n}`, name: "echo", queue: n % 3 === 0 ? "mail" : "default" };
    await send(client, "POST /job", { ...job, payload: { n }, tags: ["demo", `n:${n % 5}`] });
  }
  await send(client, "POST /job", { id: "later", name: "echo", delay: "1h" });
  const http = { url: "http://127.0.0.1:9/refused", method: "POST" };
  const retry = { attempts: 3, base: "10ms", jitter: 0 };
  await send(client, "POST /job", { id: "broken", name: "http", payload: http, retry });
  await send(client, "PUT /schedule/nightly", {
    ...{ cron: "0 2 * * *", timezone: "Europe/Berlin", job: { name: "echo" } },
  });
  const jobs = [
    { key: "charge", job: { name: "echo" } },
    { key: "pack", job: { name: "echo" }, dependsOn: ["charge"] },
    { key: "label", job: { name: "echo" }, dependsOn: ["charge"] },
    { key: "ship", job: { name: "echo", delay: "1h" }, dependsOn: ["pack", "label"] },
    { key: "refund", job: { name: "echo" }, dependsOn: [{ key: "ship", onFailure: "compensate" }] },
  ];
  await send(client, "POST /flow", { id: "order-7", jobs });
  await eventually(async () => {
    const { body } = await client.request<{ state: string }>("/job/broken");
    return body.state === "failed" ? true : undefined;
  }, { what: () => "the job that fails" });
}

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

async function looksRight(browser: Browser, url: string): Promise<void> {
  await Deno.mkdir(PICTURES, { recursive: true });
  const wrong: string[] = [];
  for (const look of LOOKS) {
    const { page, complaints } = await openPage(browser, look);
    for (const [name, [path, seen]] of Object.entries(PAGES)) {
      await page.goto(`${url}/#${path}`);
      await page.waitForSelector(seen);
      await page.waitForSelector(".loading", { state: "detached" });
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
  await page.goto(`${url}/#/jobs`);
  await page.waitForSelector("tbody tr");
  await page.keyboard.press("n");
  await page.getByText("Page 2").waitFor();
  await page.keyboard.press("p");
  await page.getByText("Page 1").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  await page.goto(`${url}/#/schedules/nightly`);
  await page.getByRole("button", { name: "Pause…" }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.waitForSelector(".page-head .badge.paused");
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("heading", { name: "nightly" }).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
}

/** A node with keys on refuses all but the page; the key goes out as a header, and stays in the tab. */
async function signsIn(browser: Browser, url: string): Promise<void> {
  const { page } = await openPage(browser, { theme: "light", width: 1400 });
  const keys: (string | null)[] = [];
  await page.route(/\/(jobs|alerts|events)\b/, async (route) => {
    const key = await route.request().headerValue("authorization");
    if (route.request().url().includes("/dashboard/")) return await route.continue();
    keys.push(key);
    if (key === "Bearer right") return await route.continue();
    const body = JSON.stringify({ title: "Unauthorized", status: 401, detail: "give a key" });
    await route.fulfill({ status: 401, contentType: "application/problem+json", body });
  });
  await page.goto(`${url}/#/jobs`);
  const field = page.getByLabel("API key");
  await field.fill("wrong");
  await field.press("Enter");
  await page.getByText("did not take the key").waitFor();
  await field.fill("right");
  await field.press("Enter");
  await page.waitForSelector("tbody tr");
  assert.ok(keys.includes(null) && keys.includes("Bearer wrong") && keys.includes("Bearer right"));
  assert.equal(await page.evaluate("localStorage.getItem('orrery.key')"), null);
  assert.equal(await page.evaluate("document.cookie"), "");
  await page.context().close();
}

Deno.test({
  name: "the dashboard in a browser",
  ignore: PROGRAM === undefined,
  // The browser's driver keeps its pipe and timers until the process ends.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn(t) {
    await using workspace = await Workspace.create({});
    const node = await workspace.start();
    const client = new Client(() => node.url);
    await seed(client);
    const browser = await startBrowser(PROGRAM ?? "");
    try {
      await t.step(
        "every page, both themes, wide and narrow: no error, no violation",
        () => looksRight(browser, node.url),
      );
      await t.step(
        "jobs are run, paged and opened, schedules paused, by mouse and keyboard",
        () => acts(browser, node.url),
      );
      await t.step(
        "a key is asked for, sent as a header, and kept in the tab alone",
        () => signsIn(browser, node.url),
      );
    } finally {
      await browser.close();
    }
  },
});
