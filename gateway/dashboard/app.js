/**
 * App: the frame around every page: navigation, routes, theme, the key.
 *
 * Intuition: the address after `#` is the state: path and filters. A page is a function that gets a
 * place to draw in and a signal that ends it; nothing of it outlives its signal.
 * @module
 */
import { get, setKeyPrompt, signedIn, signOut } from "./api.js";
import { ask, button, el, failure, find, show, svg } from "./parts/dom.js";
import { refreshMoments } from "./parts/format.js";
import { listenToKeys, showHelp } from "./keyboard.js";
import { listen, onStreamState } from "./live.js";
import { alertsPage } from "./pages/alerts.js";
import { clusterPage } from "./pages/cluster.js";
import { flowPage, flowsPage } from "./pages/flows.js";
import { jobPage } from "./pages/job.js";
import { jobsPage } from "./pages/jobs.js";
import { overviewPage } from "./pages/overview.js";
import { queuesPage } from "./pages/queues.js";
import { schedulePage, schedulesPage } from "./pages/schedules.js";
import { settings } from "./settings.js";

/**
 * What a page is given: its address, where it draws, and when it is over.
 * @typedef {object} Page
 * @property {string} path
 * @property {Record<string, string>} query
 * @property {string[]} params the parts of the path that vary
 * @property {HTMLElement} view
 * @property {AbortSignal} signal aborted when the page is left
 * @property {(title: string, ...aside: any[]) => HTMLElement} head a heading, and what stands beside it
 * @property {(next: Record<string, string | null | undefined>, options?: {replace?: boolean}) => void} filter goes to
 *   the same page with these filters; empty ones are left out
 * @property {(ms: number, work: () => unknown) => void} every calls `work` now and every `ms` while the page is open
 *   and seen; one at a time
 * @property {(ms: number, work: () => unknown) => void} live the same, and soon after anything happens to a job
 */

const NAV = [
  ["/", "Overview", "M2.500 13.500v-5M6.200 13.500v-11M9.800 13.500v-8M13.500 13.500v-6"],
  ["/jobs", "Jobs", "M2 4h12M2 8h12M2 12h8"],
  ["/schedules", "Schedules", "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 5v3l2 2"],
  ["/queues", "Queues", "M2 3h12v3H2zM2 10h12v3H2z"],
  ["/flows", "Flows", "M2 2h4v4H2zM10 10h4v4h-4zM4 6v6h6"],
  [
    "/cluster",
    "Cluster",
    "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2M8 6a2 2 0 1 0 0 4A2 2 0 0 0 8 6M8 2v4M8 10v4",
  ],
  ["/alerts", "Alerts", "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM7 14h2"],
];
/** @type {[pattern: RegExp, page: (page: Page) => void, section: string][]} */
const ROUTES = [
  [/^\/$/, overviewPage, "/"],
  [/^\/jobs$/, jobsPage, "/jobs"],
  [/^\/jobs\/([^/]+)$/, jobPage, "/jobs"],
  [/^\/schedules$/, schedulesPage, "/schedules"],
  [/^\/schedules\/([^/]+)$/, schedulePage, "/schedules"],
  [/^\/queues$/, queuesPage, "/queues"],
  [/^\/flows$/, flowsPage, "/flows"],
  [/^\/flows\/([^/]+)$/, flowPage, "/flows"],
  [/^\/cluster$/, clusterPage, "/cluster"],
  [/^\/alerts$/, alertsPage, "/alerts"],
];
const ALERTS_EVERY_MS = 15_000;
/** Changes of so long are read at once, ms. */
const SOON_MS = 1_000;

const main = el("main", { id: "main", tabindex: "-1" });
const alertCount = el("span", { class: "n" });
const leaveButton = button("Sign out", () => (signOut(), location.reload()), { hidden: true });
const about = el("div", { class: "about" });
let leave = new AbortController();
let lastPath = null;

function start() {
  setKeyPrompt(askKey);
  show(find("#app"), sidebar(), main);
  listenToKeys({ toggleTheme });
  addEventListener("hashchange", route);
  document.addEventListener("click", openRow);
  find(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
  });
  setInterval(() => document.hidden || refreshMoments(main), 1_000);
  setInterval(countAlerts, ALERTS_EVERY_MS);
  route();
  countAlerts();
  settings().then(showSettings);
}

/** Draws the page of the address; what was there ends. */
function route() {
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const [path, search = ""] = (location.hash.slice(1) || "/").split("?");
  for (const [pattern, page, section] of ROUTES) {
    const found = pattern.exec(path);
    if (found === null) continue;
    const query = Object.fromEntries(new URLSearchParams(search));
    const view = el("div", {});
    show(main, view);
    markCurrent(section);
    page(context({ path, query, params: found.slice(1).map(unescape), view, signal }));
    if (lastPath !== null && lastPath !== path) {
      scrollTo(0, 0);
      main.querySelector("h1")?.focus();
    }
    lastPath = path;
    return;
  }
  show(main, failure({ title: "No such page", message: path }));
}

/** A part of a path as it was meant; one that nobody can have meant stays as it is. */
function unescape(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** @returns {Page} */
function context({ path, query, params, view, signal }) {
  return {
    ...{ path, query, params, view, signal },
    head(title, ...aside) {
      document.title = `${title} · Orrery`;
      const heading = el("h1", { tabindex: "-1" }, title);
      return el("div", { class: "page-head" }, heading, el("div", { class: "row" }, aside));
    },
    filter(next, { replace = false } = {}) {
      /** @type {any[]} */
      const given = Object.entries(next).filter(([, value]) => value !== "" && value != null);
      const hash = given.length === 0 ? `#${path}` : `#${path}?${new URLSearchParams(given)}`;
      if (replace) location.replace(hash);
      else location.hash = hash;
    },
    live(ms, work) {
      const at = { dirty: true, last: 0 };
      listen(() => at.dirty = true, signal);
      this.every(SOON_MS, async () => {
        const now = performance.now();
        if (!at.dirty && now - at.last < ms) return;
        Object.assign(at, { dirty: false, last: now });
        await work();
      });
    },
    every(ms, work) {
      const turn = async () => {
        if (!document.hidden) await work();
        if (!signal.aborted) setTimeout(turn, ms);
      };
      turn();
    },
  };
}

function sidebar() {
  const links = NAV.map(([path, label, shape]) =>
    el(
      "a",
      {
        href: `#${path}`,
        "data-section": path,
        "data-needs": ["/cluster", "/alerts"].includes(path) ? "cluster" : null,
      },
      svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: shape })),
      label,
      path === "/alerts" ? alertCount : null,
    )
  );
  const live = el("div", { class: "live" }, el("i", {}), el("span", {}, ""));
  onStreamState((state) => showLive(live, state));
  const icon = find('link[rel="icon"]').href;
  return el(
    "header",
    { class: "side" },
    el(
      "a",
      { class: "brand", href: "#/", "aria-label": "Orrery, overview" },
      el("img", { src: icon, alt: "" }),
      el("span", {}, "Orrery"),
    ),
    el("nav", { "aria-label": "Pages" }, links),
    el(
      "div",
      { class: "foot" },
      live,
      el(
        "div",
        { class: "row" },
        button("◐", toggleTheme, { "aria-label": "Switch between dark and light" }),
        button("?", showHelp, { "aria-label": "Keyboard shortcuts" }),
        leaveButton,
      ),
      about,
    ),
  );
}

/** @param {import("./settings.js").Settings | null} found */
function showSettings(found) {
  leaveButton.hidden = !signedIn();
  if (found === null) return;
  const { node, version, key } = found;
  about.textContent = `Node ${node} · ${version}${signedIn() ? ` · key ${key.name}` : ""}`;
}

const LIVE = {
  off: ["", "Polling"],
  connecting: ["live-wait", "Connecting"],
  live: ["live-on", "Live"],
  refused: ["live-bad", "No live events"],
};

function showLive(node, state) {
  const [kind, text] = LIVE[state];
  node.className = `live ${kind}`;
  node.lastChild.textContent = text;
}

function markCurrent(section) {
  for (const node of document.querySelectorAll("[data-section]")) {
    if (node.getAttribute("data-section") === section) {
      node.setAttribute("aria-current", "page");
      node.scrollIntoView({ block: "nearest", inline: "center" });
    } else node.removeAttribute("aria-current");
  }
}

/** A click anywhere in a row opens it, unless it was on something of its own or selects text. */
function openRow(event) {
  const row = event.target.closest?.("tr[data-href]");
  if (!row || event.target.closest("a, button, input, label")) return;
  if (String(getSelection()) === "") location.hash = row.dataset.href;
}

function toggleTheme() {
  const { dataset } = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.theme = (dataset.theme ?? system) === "dark" ? "light" : "dark";
  localStorage.setItem("orrery.theme", dataset.theme);
}

async function countAlerts() {
  if (document.hidden) return;
  try {
    const { alerts } = await get("/alerts", { status: "firing", limit: 50 });
    alertCount.textContent = alerts.length === 0
      ? ""
      : `${alerts.length}${alerts.length === 50 ? "+" : ""}`;
    if (alerts.length === 0) alertCount.removeAttribute("aria-label");
    else alertCount.setAttribute("aria-label", `${alerts.length} firing`);
  } catch {
    alertCount.textContent = "";
  }
}

async function askKey(refused) {
  const values = await ask("Sign in", {
    text: refused
      ? "The node did not take the key. It is kept in this tab only."
      : "This node asks for an API key. It is kept in this tab only.",
    fields: [{
      label: "API key",
      name: "key",
      type: "password",
      autocomplete: "off",
      required: true,
    }],
    confirm: "Sign in",
  });
  return values === null ? null : values.key.trim();
}

start();
