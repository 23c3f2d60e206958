/**
 * Queues: what waits and runs in each, and its limits.
 * @module
 */
import { call, get, part } from "../api.js";
import {
  ask,
  badge,
  button,
  el,
  empty,
  failure,
  link,
  loading,
  show,
  table,
  toast,
} from "../dom.js";
import { count } from "../format.js";

const EVERY_MS = 3_000;
const QUEUES_READ_MAX = 100;
const COLUMNS = [
  { label: "Queue" },
  { label: "State" },
  { label: "Running", kind: "num" },
  { label: "Waiting", kind: "num" },
  { label: "Scheduled", kind: "num" },
  { label: "Failed", kind: "num" },
  { label: "Concurrency", kind: "num" },
  { label: "Change" },
];

export function queuesPage(page) {
  const list = el("div", {}, loading());
  show(page.view, page.head("Queues"), list);
  const load = async () => {
    try {
      const { queues } = await get("/jobs/counts", {}, page.signal);
      const names = Object.keys(queues).filter((name) => !name.startsWith("orrery."));
      const settings = await Promise.all(
        names.slice(0, QUEUES_READ_MAX).map((name) => get(`/queue/${part(name)}`, {}, page.signal)),
      );
      const byName = new Map(settings.map((one) => [one.name, one]));
      if (names.length === 0) {
        return show(list, empty("No queue yet", "A queue appears with its first job."));
      }
      const focused = document.activeElement?.getAttribute("aria-label");
      show(
        list,
        table(
          "Queues",
          COLUMNS,
          names.map((name) =>
            row(name, { states: queues[name], settings: byName.get(name), load })
          ),
        ),
      );
      if (focused) list.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
    } catch (error) {
      if (!page.signal.aborted) show(list, failure(error, load));
    }
  };
  page.every(EVERY_MS, load);
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
      settings?.concurrency === null || settings === undefined
        ? "no limit"
        : count(settings.concurrency),
      settings === undefined ? "" : el("div", { class: "row" }, changes(settings, load)),
    ],
  };
}

function changes(settings, load) {
  const { name, paused } = settings;
  const put = async (body, said) => {
    try {
      await call("PUT", `/queue/${part(name)}`, { body });
      toast(said);
    } catch (error) {
      toast(error.message, "bad");
    }
    await load();
  };
  const pause = async () => {
    const agreed = await ask(`Pause ${name}?`, {
      text: "It starts no job until it is resumed. Running jobs go on.",
      confirm: "Pause the queue",
    });
    if (agreed !== null) await put({ paused: true }, `${name} is paused`);
  };
  const limit = async () => {
    const values = await ask(`Concurrency of ${name}`, {
      text: "Jobs of it that may run at once. Empty: no limit.",
      fields: [{
        label: "Jobs at once",
        name: "limit",
        type: "number",
        min: 1,
        max: 100_000,
        value: settings.concurrency ?? "",
      }],
      confirm: "Set",
    });
    if (values !== null) {
      await put(
        { concurrency: values.limit === "" ? null : Number(values.limit) },
        `${name} is changed`,
      );
    }
  };
  return [
    paused
      ? button("Resume", () => put({ paused: false }, `${name} goes on`), {
        "aria-label": `Resume ${name}`,
      })
      : button("Pause…", pause, { "aria-label": `Pause ${name}` }),
    button("Limit…", limit, { "aria-label": `Set the limit of ${name}` }),
  ];
}
