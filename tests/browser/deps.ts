/**
 * What the browser tests alone use of others.
 *
 * @module
 */
export { chromium } from "playwright-core";
export type { Browser, BrowserContext, Page } from "playwright-core";
