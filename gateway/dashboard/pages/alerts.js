/**
 * Alerts: what is wrong now, what was, and silence.
 * @module
 */
import { get, part, post } from "../api.js";
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
  pagerOf,
  refresh,
  select,
  show,
  table,
  toast,
} from "../parts/dom.js";
import { clock, count, many, moment } from "../parts/format.js";

const LIMIT = 50;
const EVERY_MS = 5_000;
const COLUMNS = [
  { label: "Kind", kind: "lead" },
  { label: "Status", kind: "bare" },
  { label: "Severity" },
  { label: "About", kind: "wrap" },
  { label: "Latest", kind: "wrap" },
  { label: "Events", kind: "num" },
  { label: "Opened" },
  { label: "Silence", kind: "full" },
];

export function alertsPage(page) {
  const { query } = page;
  const list = el("div", {}, loading());
  const pager = el("nav", { class: "pager", "aria-label": "Pages of alerts" });
  const status = select(
    [["", "All"], ["firing", "firing"], ["resolved", "resolved"]],
    query.status ?? "",
    {
      onchange: () => page.filter({ status: status.value }),
    },
  );
  const test = button("Test a channel…", testChannel, { needs: "write" });
  show(
    page.view,
    page.head("Alerts", test),
    el("form", { class: "filters few" }, field("Status", status)),
    list,
    pager,
  );
  const load = async () => {
    try {
      const { alerts, cursor } = await get("/alerts", { ...query, limit: LIMIT }, page.signal);
      const nothing = empty(
        "Nothing is wrong",
        "Incidents appear here. Rules and channels are in the node's configuration.",
      );
      refresh(
        list,
        alerts.length === 0
          ? nothing
          : table("Alerts", COLUMNS, alerts.map((one) => row(one, load))),
      );
      refresh(pager, pagerOf(page, many(alerts.length, "incident"), cursor));
    } catch (error) {
      if (!page.signal.aborted) show(list, failure(error, load));
    }
  };
  page.every(EVERY_MS, load);
}

function row(alert, load) {
  const labels = Object.entries(alert.labels).map(([key, value]) =>
    el("span", { class: "tag" }, `${key}: ${value}`)
  );
  const { last } = alert;
  const isJob = alert.kind.startsWith("job.") && last !== null;
  const silent = alert.silence === null
    ? null
    : el("span", { title: alert.silence.note ?? "" }, `until ${clock(alert.silence.until)} `);
  return {
    key: alert.id,
    cells: [
      alert.kind,
      badge(alert.status),
      badge(alert.severity),
      [alert.rule, " ", labels],
      last === null ? "–" : [
        isJob ? link(`/jobs/${part(last.subject)}`, last.subject) : last.subject,
        ` ${last.message}`.slice(0, 200),
      ],
      count(alert.count),
      moment(alert.openedAt),
      [
        silent,
        button(silent === null ? "Silence…" : "Change…", () => silence(alert, load), {
          "aria-label": `Silence ${alert.id}`,
          needs: "write",
        }),
      ],
    ],
  };
}

async function silence(alert, load) {
  const values = await ask("Silence this alert", {
    text: `${alert.kind} of ${alert.rule}: nobody is told of it for a while, but that it is over.`,
    fields: [{ label: "For (30m, 2h, 7d; 0 ends it)", name: "for", value: "2h", required: true }, {
      label: "Why (optional)",
      name: "note",
      maxlength: 500,
    }],
    confirm: "Silence",
  });
  if (values === null) return;
  try {
    const span = values.for.trim() === "0" ? 0 : values.for.trim();
    await post(`/alerts/${part(alert.id)}/silence`, {
      for: span,
      ...(values.note !== "" && { note: values.note }),
    });
    toast("Set");
  } catch (error) {
    toast(error.message, "bad");
  }
  await load();
}

async function testChannel() {
  const values = await ask("Test a channel", {
    fields: [{ label: "Channel", name: "channel", required: true }],
    confirm: "Send",
  });
  if (values === null) return;
  try {
    const { delivered, error } = await post("/alerts/test", { channel: values.channel });
    toast(
      delivered ? "Delivered" : `Not delivered: ${error?.message ?? "see the job"}`,
      delivered ? "good" : "bad",
    );
  } catch (error) {
    toast(error.message, "bad");
  }
}
