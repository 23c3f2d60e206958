/**
 * JobFilter: which jobs a list shows: the form, and its terms for the API.
 * @module
 */
import { get, part } from "../api.js";
import { ask, el, field, link, select } from "./dom.js";
import { clock } from "./format.js";

const STATES = ["scheduled", "pending", "running", "retrying", "completed", "failed", "cancelled"];
const SPANS = {
  "": "Any time",
  "900": "Last 15 minutes",
  "3600": "Last hour",
  "86400": "Last day",
  "604800": "Last week",
  own: "From … to …",
};
const ORDERS = [["", "Newest first"], ["oldest", "Oldest first"]];
const FILTERS = ["state", "name", "queue", "tag", "scheduleId", "flowId", "from", "to"];
/** @type {Record<string, [name: string, shown: (value: string) => string]>} */
const CHIPS = {
  scheduleId: ["schedule", String],
  flowId: ["flow", String],
  from: ["created from", clock],
  to: ["before", clock],
};

/**
 * The conditions of an address, as the API takes them; `since` is seconds before now, to the minute.
 * @param {Record<string, string>} query
 * @returns {Record<string, string>}
 */
export function conditions(query) {
  const given = Object.fromEntries(FILTERS.map((name) => [name, query[name] ?? ""]));
  if (given.from === "" && Number(query.since) > 0) {
    const minute = Math.floor(Date.now() / 60_000) * 60_000;
    given.from = new Date(minute - Number(query.since) * 1_000).toISOString();
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ""));
}

/**
 * The form; it goes to the address of what was chosen.
 * @param {import("../app.js").Page} page
 */
export function filterBar(page) {
  const { query } = page;
  const quiet = { type: "search", autocomplete: "off", spellcheck: "false" };
  const id = el("input", { ...quiet, placeholder: "Id, then Enter", "data-search": true });
  const state = select([["", "Any"], ...STATES.map((one) => [one, one])], query.state ?? "");
  const text = (name, more = {}) => el("input", { ...quiet, value: query[name] ?? "", ...more });
  const name = text("name", { list: "job-names" });
  const queue = text("queue", { list: "queue-names" });
  const tag = text("tag");
  const own = query.since === undefined && (query.from || query.to);
  const since = select(Object.entries(SPANS), query.since ?? (own ? "own" : ""));
  const order = select(ORDERS, query.order ?? "");
  const apply = async (event) => {
    event.preventDefault();
    if (id.value.trim() !== "") return void (location.hash = `/jobs/${part(id.value.trim())}`);
    const times = since.value === "own" ? await askTimes(query) : { since: since.value };
    if (times === null) return;
    const typed = { name: name.value.trim(), queue: queue.value.trim(), tag: tag.value.trim() };
    const kept = { scheduleId: query.scheduleId, flowId: query.flowId };
    page.filter({ ...kept, state: state.value, ...typed, ...times, order: order.value });
  };
  const buttons = el("div", { class: "row" }, el("button", { class: "button primary" }, "Filter"));
  if (Object.keys(query).length > 0) buttons.append(link("/jobs", "Clear"));
  const form = el(
    "form",
    { class: "filters", onsubmit: apply, role: "search" },
    field("Id", id),
    field("State", state),
    field("Name", name),
    field("Queue", queue),
    field("Tag", tag),
    field("Created", since),
    field("Order", order),
    buttons,
  );
  for (const one of [state, since, order]) {
    one.addEventListener("change", () => form.requestSubmit());
  }
  form.addEventListener("focusin", () => suggest(form, page.signal), { once: true });
  return el("div", {}, form, chips(page));
}

/** Names that there are, once somebody is about to type one. */
async function suggest(form, signal) {
  const [counted, loaded] = await Promise.all([
    get("/jobs/counts", {}, signal).catch(() => ({ queues: {} })),
    get("/handlers", {}, signal).catch(() => ({ handlers: [] })),
  ]);
  const list = (id, names) =>
    el("datalist", { id }, names.map((name) => el("option", { value: name })));
  form.append(
    list("queue-names", Object.keys(counted.queues)),
    list("job-names", loaded.handlers.map(({ name }) => name)),
  );
}

/** Conditions that the form has no field for; each can be left out. */
function chips({ query, path }) {
  const given = Object.entries(CHIPS).filter(([key]) =>
    query[key] && !(key === "from" && query.since)
  );
  if (given.length === 0) return null;
  return el(
    "p",
    { class: "row chips" },
    given.map(([key, [name, shown]]) => {
      const { [key]: _, cursor: __, before: ___, ...rest } = query;
      const without = link(`${path}?${new URLSearchParams(rest)}`, "×", {
        "aria-label": `Without ${name}`,
      });
      return el("span", { class: "tag" }, `${name} ${shown(query[key])} `, without);
    }),
  );
}

async function askTimes(query) {
  const values = await ask("Created between", {
    text: "Your local time. What is left empty is open.",
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
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
