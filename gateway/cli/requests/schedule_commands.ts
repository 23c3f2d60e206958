/**
 * ScheduleCommands: what the command line can do about recurring schedules.
 * @module
 */
import {
  type Answer,
  type Commands,
  given,
  givenAny,
  jsonBody,
  queryText,
  readNumber,
  type Request,
  type Values,
} from "../command.ts";
import type { OptionName } from "../options.ts";
import { card, pageText, table } from "../table.ts";
import { JOB_OPTIONS, submission } from "./submission.ts";

const TIMING = [
  ...["cron", "every", "rrule", "timezone", "start-at", "end-at", "count", "jitter"],
  ...["overlap", "misfire", "misfire-window", "misfire-max", "dst-gap", "dst-overlap"],
  ...["exclude", "exclude-calendar"],
] as const satisfies readonly OptionName[];

/** The commands by their names. */
export const SCHEDULE_COMMANDS: Commands = {
  "schedules": {
    operands: [0, 0],
    summary: "list recurring schedules",
    examples: ["schedules --state active"],
    options: ["state", "name", "limit", "cursor"],
    request: (_, { state, name, limit, cursor }) => ({
      path: `/schedules${queryText({ state, name, limit, cursor })}`,
      show: ({ schedules, cursor }) =>
        pageText(table((schedules as Answer[]).map(scheduleRow), SCHEDULE_COLUMNS), {
          option: "cursor",
          cursor,
        }),
    }),
  },
  "schedule create": {
    operands: [1, 2],
    takes: "NAME [PAYLOAD]",
    summary: "create one whose job is NAME; PAYLOAD is JSON, @FILE or -",
    examples: [
      `schedule create send-report '{"to":"ops"}' --id nightly --cron '0 2 * * *' --timezone Europe/Berlin`,
    ],
    options: [...TIMING, ...JOB_OPTIONS],
    request: ([name = "", payload], values, readText) => {
      const { id, ...job } = submission({ name, payload, values, readText });
      const body = { ...(id !== undefined && { id }), ...timing(values), job };
      return post("/schedule", scheduleLine, body);
    },
  },
  "schedule preview": {
    operands: [0, 0],
    summary: "show when one would fire",
    examples: ["schedule preview --cron '0 2 * * *' --timezone Europe/Berlin"],
    options: TIMING,
    request: (_, values) => post("/schedule/preview", nextTable, timing(values)),
  },
  "schedule get": {
    operands: [1, 1],
    takes: "ID",
    summary: "show a schedule",
    examples: ["schedule get nightly"],
    options: [],
    request: ([id]) => ({ path: schedule(id), show: card }),
  },
  "schedule next": {
    operands: [1, 1],
    takes: "ID",
    summary: "show when it fires next",
    examples: ["schedule next nightly --count 3"],
    options: ["count"],
    request: ([id], { count }) => ({
      path: `${schedule(id)}/next${queryText({ count })}`,
      show: nextTable,
    }),
  },
  "schedule occurrences": {
    operands: [1, 1],
    takes: "ID",
    summary: "show what was decided about each of its times",
    examples: ["schedule occurrences nightly --limit 20"],
    options: ["after", "limit", "order"],
    request: ([id], { after, limit, order }) => ({
      path: `${schedule(id)}/occurrences${queryText({ after, limit, order })}`,
      show: ({ occurrences, cursor }) =>
        pageText(table((occurrences as Answer[]).map(entryRow), ENTRY_COLUMNS), {
          option: "after",
          cursor,
        }),
    }),
  },
  "schedule pause": {
    operands: [1, 1],
    takes: "ID",
    summary: "stop it from firing",
    examples: ["schedule pause nightly --note stocktaking"],
    options: ["note"],
    request: ([id], { note }) =>
      post(`${schedule(id)}/pause`, scheduleLine, note === undefined ? undefined : { note }),
  },
  "schedule resume": {
    operands: [1, 1],
    takes: "ID",
    summary: "let it fire again",
    examples: ["schedule resume nightly"],
    options: [],
    request: ([id]) => post(`${schedule(id)}/resume`, scheduleLine),
  },
  "schedule trigger": {
    operands: [1, 1],
    takes: "ID",
    summary: "fire now",
    examples: ["schedule trigger nightly"],
    options: [],
    request: ([id]) => post(`${schedule(id)}/trigger`, ({ jobId }) => String(jobId)),
  },
  "schedule backfill": {
    operands: [3, 3],
    takes: "ID FROM TO",
    summary: "make the jobs of past times that have none",
    examples: ["schedule backfill nightly 2027-01-01T00:00:00Z 2027-01-08T00:00:00Z"],
    options: [],
    request: ([id, from, to]) =>
      post(`${schedule(id)}/backfill`, ({ jobIds, next }) => {
        const more = next === null ? [] : [`not all of it: go on from ${next}`];
        return [...jobIds as string[], ...more].join("\n");
      }, { from, to }),
  },
  "schedule delete": {
    operands: [1, 1],
    takes: "ID",
    summary: "delete it; its jobs stay",
    examples: ["schedule delete nightly"],
    options: [],
    request: ([id]) => ({ method: "DELETE", path: schedule(id), show: scheduleLine }),
  },
};

const SCHEDULE_COLUMNS = ["ID", "STATE", "NEXT", "RULE", "JOB"];
const ENTRY_COLUMNS = ["LINE", "TIME", "DECISION", "JOB"];

function schedule(id = ""): string {
  return `/schedule/${encodeURIComponent(id)}`;
}

function post(path: string, show: Request["show"], body?: unknown): Request {
  return { method: "POST", path, show, ...(body !== undefined && jsonBody(body)) };
}

/** When it fires; the API validates it. Throws when a number cannot be read. */
function timing(values: Values): Record<string, unknown> {
  const { cron, every, rrule, timezone, count, jitter, overlap, misfire, exclude } = values;
  const max = values["misfire-max"];
  return given({
    ...{ cron, every, rrule, timezone, jitter, overlap },
    startAt: values["start-at"],
    endAt: values["end-at"],
    count: count === undefined ? undefined : readNumber("count", count),
    misfire: givenAny({
      policy: misfire,
      window: values["misfire-window"],
      max: max === undefined ? undefined : readNumber("misfire-max", max),
    }),
    dst: givenAny({ gap: values["dst-gap"], overlap: values["dst-overlap"] }),
    exclude: givenAny({ dates: exclude, calendars: values["exclude-calendar"] }),
  });
}

function scheduleRow({ id, state, cron, every, rrule, nextAt, job }: Answer): string[] {
  const rule = cron ?? rrule ?? `every ${every} ms`;
  return [id, state, nextAt ?? "-", rule, (job as Answer).name].map(String);
}

function scheduleLine(answer: Answer): string {
  return scheduleRow(answer).join("  ");
}

function nextTable({ next }: Answer): string {
  return table(
    (next as Answer[]).map(({ at, local, fires, note = "" }) =>
      [at, local, fires === true ? "" : "does not fire", note].map(String)
    ),
    ["AT", "LOCAL", "", ""],
  );
}

function entryRow({ n, nominalAt, decision, jobId }: Answer): string[] {
  return [n, nominalAt, decision, jobId ?? "-"].map(String);
}
