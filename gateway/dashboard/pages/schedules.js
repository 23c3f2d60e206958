/**
 * Schedules: the list, and one schedule: when it fires next, what it decided before, and its switches.
 * @module
 */
import { call, get, part, post } from "../api.js";
import {
  act,
  ask,
  badge,
  button,
  card,
  code,
  crumb,
  el,
  empty,
  facts,
  failure,
  field,
  link,
  loading,
  pagerOf,
  refresh,
  select,
  show,
  table,
} from "../parts/dom.js";
import { clock, count, fullMoment, many, moment, span } from "../parts/format.js";

const LIMIT = 50;
const EVERY_MS = 5_000;
const NEXT = 10;

/** The rule, in the words of the request. */
function rule(schedule) {
  return schedule.cron ?? schedule.rrule ?? `every ${span(schedule.every)}`;
}

export function schedulesPage(page) {
  const list = el("div", {}, loading());
  const pager = el("nav", { class: "pager", "aria-label": "Pages of schedules" });
  const { query } = page;
  const state = select([["", "Any"], ["active", "active"], ["paused", "paused"], [
    "ended",
    "ended",
  ]], query.state ?? "");
  const name = el("input", { type: "search", value: query.name ?? "", "data-search": true });
  const form = el(
    "form",
    {
      class: "filters few",
      onsubmit: (
        event,
      ) => (event.preventDefault(), page.filter({ state: state.value, name: name.value.trim() })),
    },
    field("Job's name", name),
    field("State", state),
  );
  state.addEventListener("change", () => form.requestSubmit());
  show(page.view, page.head("Schedules"), form, list, pager);
  const load = async () => {
    try {
      const { schedules, cursor } = await get(
        "/schedules",
        { ...query, limit: LIMIT },
        page.signal,
      );
      refresh(
        list,
        schedules.length === 0
          ? empty("No schedule here", "Put one with ", el("code", {}, "PUT /schedule/{id}"), ".")
          : schedulesTable(schedules),
      );
      refresh(pager, pagerOf(page, many(schedules.length, "schedule"), cursor));
    } catch (error) {
      if (!page.signal.aborted) show(list, failure(error, load));
    }
  };
  page.live(EVERY_MS, () => document.querySelector("tr.at") === null ? load() : undefined);
}

function schedulesTable(schedules) {
  const columns = [
    { label: "Schedule", kind: "lead" },
    { label: "State", kind: "bare" },
    { label: "Job" },
    { label: "Zone" },
    { label: "Rule", kind: "mono" },
    { label: "Next" },
    { label: "Last" },
    { label: "Fired", kind: "num" },
  ];
  return table(
    "Schedules",
    columns,
    schedules.map((one) => {
      const href = `/schedules/${part(one.id)}`;
      const cells = [
        link(href, one.id),
        badge(one.state),
        one.job.name,
        one.timezone,
        rule(one),
        moment(one.nextAt),
        moment(one.last?.nominalAt),
        count(one.fired),
      ];
      return { href, key: one.id, cells };
    }),
  );
}

export function schedulePage(page) {
  const [id] = page.params;
  const path = `/schedule/${part(id)}`;
  const load = async () => {
    try {
      const [schedule, { next }, ledger] = await Promise.all([
        get(path, {}, page.signal),
        get(`${path}/next`, { count: NEXT }, page.signal),
        get(`${path}/occurrences`, { limit: 50 }, page.signal),
      ]);
      draw(page, { schedule, next, occurrences: ledger.occurrences, load });
    } catch (error) {
      if (!page.signal.aborted) show(page.view, page.head(id), failure(error, load));
    }
  };
  show(page.view, page.head(id), loading());
  load();
}

function draw(page, { schedule, next, occurrences, load }) {
  const head = page.head(schedule.id, switches(schedule, load));
  head.firstChild.after(badge(schedule.state));
  head.prepend(crumb("/schedules", "Schedules"));
  const jobs = link(`/jobs?scheduleId=${part(schedule.id)}`, "Its jobs");
  show(
    page.view,
    head,
    el(
      "div",
      { class: "stack" },
      schedule.pauseNote ? el("p", { class: "note" }, `Paused: ${schedule.pauseNote}`) : null,
      card("Details", { aside: jobs }, details(schedule)),
      el(
        "div",
        { class: "columns" },
        card("Next fires", {}, nextTable(next, schedule)),
        card("Job", {}, code(schedule.job, "Job")),
      ),
      card("Ledger: what was decided, and why", {}, ledgerTable(occurrences)),
    ),
  );
}

function details(schedule) {
  const { misfire, dst, exclude } = schedule;
  return facts([
    ["Rule", el("code", {}, rule(schedule))],
    ["Time zone", schedule.timezone],
    ["Next", schedule.nextAt && fullMoment(schedule.nextAt)],
    ["Fired", count(schedule.fired)],
    ["Waiting", schedule.waiting > 0 ? count(schedule.waiting) : null],
    ["Overlap", schedule.overlap],
    ["Misfire", `${misfire.policy}, at most ${misfire.max}`],
    ["Clock changes", `gap ${dst.gap}, overlap ${dst.overlap}`],
    ["Jitter", schedule.jitter > 0 ? span(schedule.jitter) : null],
    ["Excluded", [...exclude.calendars, ...exclude.dates].join(", ")],
    ["Starts", schedule.startAt && fullMoment(schedule.startAt)],
    ["Ends", schedule.endAt && fullMoment(schedule.endAt)],
    ["Created", fullMoment(schedule.createdAt)],
  ]);
}

function nextTable(next, schedule) {
  if (next.length === 0) return empty("It does not fire again");
  const columns = [
    { label: `Local time (${schedule.timezone})`, kind: "full" },
    { label: "When" },
    {
      label: "Fires",
    },
  ];
  return table(
    "Next fires",
    columns,
    next.map(({ at, local, fires, note }) => ({
      cells: [local.replace("T", " "), moment(at), [
        fires ? "yes" : "no",
        note ? ` (${note})` : "",
      ]],
    })),
  );
}

function ledgerTable(occurrences) {
  if (occurrences.length === 0) return empty("Nothing was decided yet");
  const columns = [{ label: "Time" }, { label: "Decision" }, { label: "Due" }, { label: "Job" }, {
    label: "Node",
  }];
  return table(
    "Ledger",
    columns,
    occurrences.map((one) => ({
      cells: [
        clock(one.nominalAt),
        badge(one.decision),
        moment(one.dueAt),
        one.jobId === null ? "–" : link(`/jobs/${part(one.jobId)}`, one.jobId),
        one.node,
      ],
    })),
  );
}

function switches(schedule, load) {
  const path = `/schedule/${part(schedule.id)}`;
  const pause = async () => {
    const values = await ask("Pause this schedule?", {
      text: "Times that come meanwhile are not made up for.",
      fields: [{ label: "Why (optional)", name: "note", maxlength: 500 }],
      confirm: "Pause",
    });
    if (values !== null) {
      const note = values.note === "" ? {} : { note: values.note };
      await act(() => post(`${path}/pause`, note), "Paused", load);
    }
  };
  const remove = async () => {
    const agreed = await ask("Delete this schedule?", {
      text: `${schedule.id} and its ledger are gone for good. Jobs that it made stay.`,
      confirm: "Delete the schedule",
      kind: "danger",
    });
    if (agreed === null) return;
    await act(() => call("DELETE", path), "Deleted", () => {
      location.hash = "/schedules";
    });
  };
  return [
    button(
      "Trigger now",
      () => act(() => post(`${path}/trigger`), ({ jobId }) => `Made ${jobId}`, load),
      { kind: "primary", needs: "write" },
    ),
    schedule.state === "paused"
      ? button("Resume", () => act(() => post(`${path}/resume`), "It goes on", load), {
        needs: "write",
      })
      : button("Pause…", pause, { needs: "write" }),
    button("Backfill…", () => backfill(path, load), { needs: "write" }),
    button("Delete…", remove, { kind: "danger", needs: "write" }),
  ];
}

async function backfill(path, load) {
  const values = await ask("Backfill", {
    text:
      "Makes the jobs of decided times in this range that have none. Times are your local ones.",
    fields: [{ label: "From", name: "from", type: "datetime-local", required: true }, {
      label: "To",
      name: "to",
      type: "datetime-local",
      required: true,
    }],
    confirm: "Backfill",
  });
  if (values === null) return;
  await act(
    async () => {
      const to = new Date(values.to).toISOString();
      let made = 0;
      for (let from = new Date(values.from).toISOString(); from !== null;) {
        const answer = await post(`${path}/backfill`, { from, to });
        made += answer.jobIds.length;
        from = answer.next;
      }
      return made;
    },
    (made) => `Made ${many(made, "job")}`,
    load,
  );
}
