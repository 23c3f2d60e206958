/**
 * Jobs: the list, with its filters in the address, and what can be done with all that match.
 *
 * Paging goes by cursor, in both directions: a page is one read, however many jobs there are, and a reload comes
 * to the same one. A search that finds few looks on for a while before it shows what it has.
 * @module
 */
import { get, part } from "../api.js";
import { badge, button, el, empty, failure, link, loading, show, table } from "../parts/dom.js";
import { clock, count, many, moment, span } from "../parts/format.js";
import { conditions, filterBar } from "../parts/job_filter.js";
import { listen } from "../live.js";
import { actOnAll } from "../parts/job_actions.js";

const LIMIT = 50;
const LIVE_MS = 2_000;
/** How long one page looks for its jobs, ms. */
const SEARCH_MS = 2_000;
const COLUMNS = [
  { label: "Name", kind: "lead" },
  { label: "State", kind: "bare" },
  { label: "Id", kind: "mono bare" },
  { label: "Queue" },
  { label: "Attempt", kind: "num minor" },
  { label: "Took", kind: "num minor" },
  { label: "Due", kind: "minor" },
  { label: "Created" },
];

/** @param {import("../app.js").Page} page */
export function jobsPage(page) {
  const list = el("div", {}, loading(10));
  const pager = el("nav", { class: "pager", "aria-label": "Pages of jobs" });
  const state = { busy: false, dirty: false };
  const reload = () => load(page, { list, pager, state });
  const act = (command) => () =>
    actOnAll(conditions(page.query), command, page.signal).then(reload);
  const actions = [
    button("Retry matching…", act("retry"), { needs: "write" }),
    button("Cancel matching…", act("cancel"), { kind: "danger", needs: "write" }),
  ];
  show(page.view, page.head("Jobs", actions), filterBar(page), list, pager);
  reload();
  const { cursor, before, order } = page.query;
  if (cursor !== undefined || before !== undefined || order === "oldest") return;
  listen(() => state.dirty = true, page.signal);
  page.every(LIVE_MS, () => state.dirty && !picking(list) ? reload() : undefined);
}

/** Somebody walks through the rows, or marks text: they stay where they are. */
function picking(list) {
  return document.querySelector("tr.at") !== null || String(getSelection()) !== "" ||
    list.contains(document.activeElement);
}

async function load(page, { list, pager, state }) {
  if (state.busy) return;
  state.busy = true;
  state.dirty = false;
  try {
    const found = await search(page);
    // Fewer than a page before the first one: the first one itself says more.
    if (page.query.before !== undefined && found.previous === null && found.jobs.length < LIMIT) {
      const { before: _, ...rest } = page.query;
      return page.filter(rest, { replace: true });
    }
    const nothing = found.jobs.length === 0;
    show(list, nothing ? none(page, found) : table("Jobs", COLUMNS, found.jobs.map(row)));
    show(pager, pagerOf(page, found));
    const total = await totalOf(page);
    if (total !== null) pager.firstChild.append(` · ${count(total)} in all`);
  } catch (error) {
    if (!page.signal.aborted) show(list, failure(error, () => load(page, { list, pager, state })));
  } finally {
    state.busy = false;
  }
}

/** One page's jobs: read on while it is not full, for {@link SEARCH_MS} at most. */
async function search({ query, signal }) {
  const filter = conditions(query);
  const { order = "", before } = query;
  const ask = (place, limit) => get("/jobs", { ...filter, order, limit, ...place }, signal);
  const first = await ask({ cursor: query.cursor, before }, LIMIT);
  let { jobs, cursor, previous } = first;
  const until = performance.now() + SEARCH_MS;
  const more = () => before === undefined ? cursor : previous;
  while (jobs.length < LIMIT && more() !== null && performance.now() < until) {
    const back = before !== undefined;
    const next = await ask(back ? { before: previous } : { cursor }, LIMIT - jobs.length);
    jobs = back ? [...next.jobs, ...jobs] : [...jobs, ...next.jobs];
    if (back) previous = next.previous;
    else cursor = next.cursor;
  }
  return { jobs, cursor, previous };
}

/** How many match in all, where that is counted anyway: of states and queues. */
async function totalOf({ query, signal }) {
  const { state, queue, ...others } = conditions(query);
  if (Object.keys(others).length > 0) return null;
  const { states, queues } = await get("/jobs/counts", {}, signal);
  const counted = queue === undefined ? states : queues[queue] ?? {};
  if (state !== undefined) return counted[state] ?? 0;
  return Object.values(counted).reduce((sum, value) => sum + value, 0);
}

function none({ query }, { cursor }) {
  if (cursor !== null) {
    return empty("Nothing found yet", "There is more to search: go on with Next.");
  }
  return Object.keys(query).length > 0
    ? empty("No job matches", link("/jobs", "Clear the filter"))
    : empty(
      "No jobs yet",
      "Submit one with ",
      el("code", {}, "POST /job"),
      "; the ",
      el("a", { href: "/docs" }, "documentation"),
      " shows how.",
    );
}

function row(job) {
  const href = `/jobs/${part(job.id)}`;
  const end = job.finishedAt ?? (job.state === "running" ? new Date().toISOString() : null);
  const took = job.startedAt !== null && end !== null
    ? span(new Date(end).getTime() - new Date(job.startedAt).getTime())
    : "–";
  const attempt = `${job.attempt} of ${job.maxAttempts}`;
  return {
    href,
    key: job.id,
    cells: [
      link(href, job.name),
      badge(job.state),
      job.id,
      job.queue,
      attempt,
      took,
      moment(job.runAt),
      moment(job.createdAt),
    ],
  };
}

/** Paging keeps `from` as it was computed: a cursor belongs to its filter. */
function pagerOf({ query, filter }, { jobs, cursor, previous }) {
  const { cursor: _, before: __, ...rest } = query;
  const { from } = conditions(query);
  const go = (place) => () => filter({ ...rest, from, ...place });
  const told = jobs.length === 0
    ? "No jobs"
    : `${many(jobs.length, "job")}, created ${clock(jobs[0].createdAt)} to ${
      clock(jobs.at(-1).createdAt)
    }`;
  return [
    el("span", {}, told),
    el(
      "div",
      { class: "row" },
      button("First", () => filter(rest), { disabled: previous === null }),
      button("Previous", go({ before: previous }), {
        disabled: previous === null,
        "data-page": "p",
      }),
      button("Next", go({ cursor }), { disabled: cursor === null, "data-page": "n" }),
    ),
  ];
}
