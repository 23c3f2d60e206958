/**
 * Jobs: the list, with its filters in the address, and what can be done with all that match.
 *
 * Paging goes by cursor: a page is one read, however many jobs there are. The cursors of earlier
 * pages are in the address too, so that "back" and a reload come to the same page.
 * @module
 */
import { ApiError, get, part, post } from "../api.js";
import {
  ask,
  badge,
  button,
  el,
  empty,
  failure,
  field,
  link,
  loading,
  select,
  show,
  table,
  toast,
} from "../dom.js";
import { moment, span } from "../format.js";
import { listen } from "../live.js";

const LIMIT = 50;
const LIVE_MS = 2_000;
const STATES = ["scheduled", "pending", "running", "retrying", "completed", "failed", "cancelled"];
const SPANS = {
  "": "Any time",
  "900": "Last 15 minutes",
  "3600": "Last hour",
  "86400": "Last day",
  "604800": "Last week",
  own: "From … to …",
};
const COLUMNS = [
  { label: "State" },
  { label: "Name" },
  { label: "Id", kind: "mono" },
  { label: "Queue" },
  { label: "Attempt", kind: "num minor" },
  { label: "Took", kind: "num minor" },
  { label: "Due", kind: "minor" },
  { label: "Created" },
];
const FILTERS = ["state", "name", "queue", "tag", "scheduleId", "flowId", "from", "to"];

export function jobsPage(page) {
  const list = el("div", {}, loading(10));
  const pager = el("nav", { class: "pager", "aria-label": "Pages of jobs" });
  const state = { busy: false, dirty: false };
  const reload = () => load(page, { list, pager, state });
  const actions = [
    button("Retry matching…", () => actOnAll(page, "retry", reload)),
    button("Cancel matching…", () => actOnAll(page, "cancel", reload), { kind: "danger" }),
  ];
  show(page.view, page.head("Jobs", actions), filterBar(page), list, pager);
  reload();
  if (page.query.cursor === undefined) {
    listen(() => state.dirty = true, page.signal);
    page.every(LIVE_MS, () => state.dirty && !picking() ? reload() : undefined);
  }
}

/** Somebody walks through the rows, or marks text: they stay where they are. */
function picking() {
  return document.querySelector("tr.at") !== null || String(getSelection()) !== "";
}

/** The conditions, as the API takes them; `since` is seconds before now. */
function conditions({ query }) {
  const given = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
  if (query.since > 0) {
    given.from = new Date(Math.floor(Date.now() / 60_000) * 60_000 - query.since * 1_000)
      .toISOString();
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

function filterBar(page) {
  const { query } = page;
  const id = el("input", {
    type: "search",
    placeholder: "Job id, then Enter",
    "data-search": true,
    autocomplete: "off",
    spellcheck: "false",
  });
  const state = select([["", "Any"], ...STATES.map((one) => [one, one])], query.state ?? "");
  const text = (name) =>
    el("input", {
      type: "search",
      value: query[name] ?? "",
      autocomplete: "off",
      spellcheck: "false",
    });
  const [name, queue, tag] = ["name", "queue", "tag"].map(text);
  const since = select(Object.entries(SPANS), query.since ?? (query.from || query.to ? "own" : ""));
  const apply = async (event) => {
    event.preventDefault();
    if (id.value.trim() !== "") return void (location.hash = `/jobs/${part(id.value.trim())}`);
    const times = since.value === "own" ? await askTimes(query) : { since: since.value };
    if (times === null) return;
    const kept = { scheduleId: query.scheduleId, flowId: query.flowId };
    page.filter({
      ...kept,
      state: state.value,
      name: name.value.trim(),
      queue: queue.value.trim(),
      tag: tag.value.trim(),
      ...times,
    });
  };
  const form = el(
    "form",
    { class: "filters", onsubmit: apply, role: "search" },
    field("Id", id),
    field("State", state),
    field("Name", name),
    field("Queue", queue),
    field("Tag", tag),
    field("Created", since),
    el(
      "div",
      { class: "row" },
      el("button", { class: "button primary" }, "Filter"),
      Object.keys(query).length > 0 ? link("/jobs", "Clear") : null,
    ),
  );
  for (const one of [state, since]) one.addEventListener("change", () => form.requestSubmit());
  const chips = ["scheduleId", "flowId", "from", "to"].filter((key) => query[key]).map((key) =>
    el("span", { class: "tag" }, `${key}: ${query[key]}`)
  );
  return el("div", {}, form, chips.length > 0 ? el("p", { class: "row" }, chips) : null);
}

async function askTimes(query) {
  const values = await ask("Created between", {
    fields: [
      { label: "From", name: "from", type: "datetime-local", value: localText(query.from) },
      { label: "Before", name: "to", type: "datetime-local", value: localText(query.to) },
    ],
    confirm: "Filter",
  });
  if (values === null) return null;
  const iso = (text) => text === "" ? "" : new Date(text).toISOString();
  return { from: iso(values.from), to: iso(values.to) };
}

function localText(iso) {
  if (!iso) return "";
  const date = new Date(iso);
  return new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

async function load(page, { list, pager, state }) {
  if (state.busy) return;
  state.busy = true;
  state.dirty = false;
  try {
    const { jobs, cursor } = await get("/jobs", {
      ...conditions(page),
      limit: LIMIT,
      cursor: page.query.cursor,
    }, page.signal);
    show(
      list,
      jobs.length === 0 && cursor === null ? nothing(page) : table("Jobs", COLUMNS, jobs.map(row)),
    );
    show(pager, pagerOf(page, jobs.length, cursor));
  } catch (error) {
    if (!page.signal.aborted) show(list, failure(error, () => load(page, { list, pager, state })));
  } finally {
    state.busy = false;
  }
}

function nothing({ query }) {
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
  return {
    href,
    key: job.id,
    cells: [
      badge(job.state),
      link(href, job.name),
      job.id,
      job.queue,
      `${job.attempt}/${job.maxAttempts}`,
      job.startedAt !== null && end !== null ? span(new Date(end) - new Date(job.startedAt)) : "–",
      moment(job.runAt),
      moment(job.createdAt),
    ],
  };
}

/** Earlier cursors are kept in `back`, parted by commas; the first page's is "-". */
function pagerOf({ query, filter }, shown, cursor) {
  const { cursor: here = "-", back = "", ...rest } = query;
  const trail = back === "" ? [] : back.split(",");
  const previous = () => {
    const target = trail.at(-1);
    filter({ ...rest, cursor: target === "-" ? "" : target, back: trail.slice(0, -1).join(",") });
  };
  const next = () => filter({ ...rest, cursor, back: [...trail, here].join(",") });
  return [
    el("span", {}, `Page ${trail.length + 1} · ${shown} jobs`),
    el(
      "div",
      { class: "row" },
      button("Previous", previous, { disabled: trail.length === 0, "data-page": "p" }),
      button("Next", next, { disabled: cursor === null, "data-page": "n" }),
    ),
  ];
}

/** Repeats a bounded call until it is done, and says how far it is. */
async function actOnAll(page, command, reload) {
  const filter = conditions(page);
  const words = Object.entries(filter).map(([key, value]) => `${key} = ${value}`).join(", ");
  const all = Object.keys(filter).length === 0;
  const verb = command === "retry" ? "Retry" : "Cancel";
  const agreed = await ask(`${verb} ${all ? "all jobs" : "all matching jobs"}?`, {
    text: `${all ? "There is no filter: this means every job." : `Filter: ${words}.`} ${
      command === "retry"
        ? "Failed and cancelled jobs run again."
        : "Cancelled jobs don't run; running attempts are stopped. This can't be undone."
    }`,
    confirm: `${verb} them`,
    kind: command === "cancel" ? "danger" : "primary",
  });
  if (agreed === null) return;
  let done = 0;
  try {
    let cursor;
    do {
      const answer = await post(`/jobs/${command}`, {
        ...filter,
        ...(all && { all: true }),
        ...(cursor && { cursor }),
      });
      done += answer.done;
      cursor = answer.cursor;
    } while (cursor !== null && !page.signal.aborted);
    toast(`${verb === "Retry" ? "Retried" : "Cancelled"} ${done} jobs`);
  } catch (error) {
    toast(`After ${done} jobs: ${error instanceof ApiError ? error.message : error}`, "bad");
  }
  reload();
}
