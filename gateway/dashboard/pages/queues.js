/**
 * Queues: what waits and runs in each, its limits, and how much of them is in use.
 * @module
 */
import { call, get, part } from "../api.js";
import {
  act,
  ask,
  badge,
  button,
  el,
  empty,
  failure,
  link,
  loading,
  refresh,
  show,
  table,
} from "../parts/dom.js";
import { count, span } from "../parts/format.js";

const EVERY_MS = 3_000;
const QUEUES_READ_MAX = 100;
const RATE = /^(\d+) *(?:\/|per) *(\w+)$/;
const COLUMNS = [
  { label: "Queue", kind: "lead" },
  { label: "State", kind: "bare" },
  { label: "Running", kind: "num" },
  { label: "Waiting", kind: "num" },
  { label: "Scheduled", kind: "num" },
  { label: "Failed", kind: "num" },
  { label: "At once", kind: "full" },
  { label: "Rate", kind: "full" },
  { label: "Each key" },
  { label: "Change", kind: "full bare" },
];

/** @param {import("../app.js").Page} page */
export function queuesPage(page) {
  const list = el("div", {}, loading());
  show(page.view, page.head("Queues"), list);
  const load = async () => {
    try {
      const { queues } = await get("/jobs/counts", {}, page.signal);
      const names = Object.keys(queues).filter((name) => !name.startsWith("orrery."));
      if (names.length === 0) {
        return show(list, empty("No queue yet", "A queue appears with its first job."));
      }
      const settings = await Promise.all(
        names.slice(0, QUEUES_READ_MAX).map((name) => get(`/queue/${part(name)}`, {}, page.signal)),
      );
      const byName = new Map(settings.map((one) => [one.name, one]));
      const rows = names.map((name) =>
        row(name, { states: queues[name], settings: byName.get(name), load })
      );
      refresh(list, table("Queues", COLUMNS, rows));
    } catch (error) {
      if (!page.signal.aborted) show(list, failure(error, load));
    }
  };
  page.live(EVERY_MS, load);
}

function row(name, { states, settings, load }) {
  const at = (state, value) => link(`/jobs?queue=${part(name)}&state=${state}`, count(value));
  return {
    key: name,
    cells: [
      link(`/jobs?queue=${part(name)}`, name),
      badge(settings?.paused ? "paused" : "active"),
      at("running", states.running),
      at("pending", states.pending + states.retrying),
      at("scheduled", states.scheduled),
      at("failed", states.failed),
      ...limits(settings),
      settings === undefined ? "" : el("div", { class: "row" }, changes(settings, load)),
    ],
  };
}

/** What is in use of each limit. */
function limits(settings) {
  if (settings === undefined) return ["", "", ""];
  const { concurrency, rate, perKey, inUse } = settings;
  const none = () => el("span", { class: "muted" }, "no limit");
  const each = [
    perKey.concurrency === null ? null : `${count(perKey.concurrency)} at once`,
    perKey.rate === null ? null : rateText(perKey.rate),
  ].filter((one) => one !== null);
  return [
    concurrency === null ? none() : use(inUse.running, concurrency),
    rate === null ? none() : use(inUse.starts ?? 0, rate.limit, ` per ${perText(rate.per)}`),
    each.length === 0 ? none() : each.join(", "),
  ];
}

function use(used, limit, more = "") {
  const bar = el("i", {});
  bar.style.width = `${Math.min(100, used / limit * 100)}%`;
  const meter = el("div", { class: used >= limit ? "meter full" : "meter" }, bar);
  return el("div", { class: "use" }, `${count(used)} of ${count(limit)}${more}`, meter);
}

function perText(per) {
  return typeof per === "number" ? span(per) : per;
}

function rateText({ limit, per }) {
  return `${limit} per ${typeof per === "number" ? `${per}ms` : per}`;
}

function changes(settings, load) {
  const { name, paused } = settings;
  const put = (body, said) => act(() => call("PUT", `/queue/${part(name)}`, { body }), said, load);
  const pause = async () => {
    const agreed = await ask(`Pause ${name}?`, {
      text: "It starts no job until it is resumed. Running jobs go on.",
      confirm: "Pause the queue",
    });
    if (agreed !== null) await put({ paused: true }, `${name} is paused`);
  };
  const resume = () => put({ paused: false }, `${name} goes on`);
  const needs = "admin";
  return [
    paused
      ? button("Resume", resume, { needs, "aria-label": `Resume ${name}` })
      : button("Pause…", pause, { needs, "aria-label": `Pause ${name}` }),
    button("Limits…", () => setLimits(settings, put), { needs, "aria-label": `Limits of ${name}` }),
  ];
}

async function setLimits({ name, concurrency, rate, perKey }, put) {
  const number = { type: "number", min: 1, max: 100_000, inputmode: "numeric" };
  const rates = {
    placeholder: "600 per minute",
    pattern: RATE.source,
    title: "e.g. 600 per minute",
  };
  const shown = (one) => one === null ? "" : rateText(one);
  const values = await ask(`Limits of ${name}`, {
    text: "They hold for all nodes together. Empty: no limit.",
    fields: [
      { label: "Jobs at once", name: "concurrency", ...number, value: concurrency ?? "" },
      { label: "Starts in a span of time", name: "rate", ...rates, value: shown(rate) },
      {
        label: "Jobs of one key at once",
        name: "keyConcurrency",
        ...number,
        value: perKey.concurrency ?? "",
      },
      {
        label: "Starts of one key in a span of time",
        name: "keyRate",
        ...rates,
        value: shown(perKey.rate),
      },
    ],
    confirm: "Set",
  });
  if (values === null) return;
  const whole = (text) => text === "" ? null : Number(text);
  const rateOf = (text) => {
    const [, limit, per] = RATE.exec(text.trim()) ?? [];
    return limit === undefined ? null : { limit: Number(limit), per };
  };
  await put({
    concurrency: whole(values.concurrency),
    rate: rateOf(values.rate),
    perKey: { concurrency: whole(values.keyConcurrency), rate: rateOf(values.keyRate) },
  }, `${name} is changed`);
}
