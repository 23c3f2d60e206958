/**
 * Browser: a real Chromium, and what the tests of the dashboard look for on every page.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "../browser/deps.ts";

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = new URL(import.meta.resolve("axe-core")).pathname;

/** Where the pictures of pages are kept. */
export const PICTURES = new URL("../../artefacts/dashboard/", import.meta.url).pathname;

/** How long a page may take to show what is waited for, ms. */
const SEEN_WITHIN_MS = 10_000;

/** A page's look. */
export interface Look {
  readonly theme: "dark" | "light";
  /** Pixels. */
  readonly width: number;
}

/** Where the browser is; says what is skipped when there is none. */
export async function findBrowser(): Promise<string | undefined> {
  for (const path of PROGRAMS) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  console.warn("No chromium: tests of the dashboard are skipped. apt-get install chromium");
  return undefined;
}

/** Starts it. Its own sandbox wants rights that CI's machines don't give. */
export async function startBrowser(executablePath: string): Promise<Browser> {
  return await chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

/** A new page in a context of its own, and everything that went wrong in it. */
export async function openPage(
  browser: Browser,
  { theme, width }: Look,
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(SEEN_WITHIN_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.stack ?? error.message));
  return { page, complaints };
}

/** Serious violations of WCAG 2 A and AA on the page, as axe finds them, one line each. */
export async function violations(page: Page): Promise<string[]> {
  const source = await Deno.readTextFile(AXE);
  // Through the debugger: the page's own policy allows no script but its own.
  await page.evaluate(source);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(options: unknown): Promise<Found> } };
    interface Found {
      violations: {
        id: string;
        impact: string;
        nodes: { html: string; failureSummary: string }[];
      }[];
    }
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
    const found = await axe.run({ runOnly: { type: "tag", values: tags } });
    return found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
      .flatMap(({ id, nodes }) =>
        nodes.slice(0, 3).map(({ html, failureSummary }) =>
          `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`
        )
      );
  });
}
