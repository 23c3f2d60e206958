/**
 * ScheduleCommands: what the command line can do about recurring schedules.
 * @module
 */
import {
  type Answer,
  type Command,
  given,
  jsonBody,
  queryText,
  readNumber,
  type Request,
  submission,
  type Values,
} from "./command.ts";
import { pageText, table } from "./table.ts";

const TIMING = [
  ...["cron", "every", "rrule", "timezone", "start-at", "end-at", "count", "jitter"],
  ...["overlap", "misfire", "exclude", "exclude-calendar"],
] as const satisfies Command["options"];

/** How they are used. */
export const SCHEDULE_USAGE = `  schedules               list recurring schedules
      --state STATE --name NAME --limit N --cursor CURSOR
  schedule create NAME [PAYLOAD]   create one whose job is NAME
      --cron '0 2 * * *' | --every 15m | --rrule RULE     --timezone ZONE --id ID
      --start-at TIME --end-at TIME --count N --jitter 30s --exclude DATE (repeat it)
      --exclude-calendar NAME (repeat it)
      --overlap POLICY --misfire POLICY --queue QUEUE --priority 0-9 --timeout 30s
      --attempts N --tag TAG (repeat it)
  schedule preview        show when one would fire; the options of create that say when
  schedule get ID         show a schedule
  schedule next ID        show when it fires next
      --count N
  schedule occurrences ID show what was decided about each of its times
      --order oldest --limit N --after LINE
  schedule pause ID       stop it from firing
      --note WHY
  schedule resume ID      let it fire again
  schedule trigger ID     fire now
  schedule backfill ID FROM TO   make the jobs of past times that have none
  schedule delete ID      delete it; its jobs stay
`;

/** The commands by their names. */
export const SCHEDULE_COMMANDS: Readonly<Record<string, Command>> = {
  "schedules": {
    operands: [0, 0],
    options: ["state", "name", "limit", "cursor"],
    request: (_, { state, name, limit, cursor }) => ({
      path: `/schedules${queryText({ state, name, limit, cursor })}`,
      show: ({ schedules, cursor }) =>
        pageText(table((schedules as Answer[]).map(scheduleRow)), { option: "cursor", cursor }),
    }),
  },
  "schedule create": {
    operands: [1, 2],
    options: [...TIMING, "id", "queue", "priority", "timeout", "attempts", "tag"],
    request: ([name = "", payload], values) => {
      const { id, ...job } = submission({ name, payload, values });
      const body = { ...(id !== undefined && { id }), ...timing(values), job };
      return post("/schedule", scheduleLine, body);
    },
  },
  "schedule preview": {
    operands: [0, 0],
    options: TIMING,
    request: (_, values) => post("/schedule/preview", nextTable, timing(values)),
  },
  "schedule get": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ path: schedule(id), show: (answer) => JSON.stringify(answer, null, 2) }),
  },
  "schedule next": {
    operands: [1, 1],
    options: ["count"],
    request: ([id], { count }) => ({
      path: `${schedule(id)}/next${queryText({ count })}`,
      show: nextTable,
    }),
  },
  "schedule occurrences": {
    operands: [1, 1],
    options: ["after", "limit", "order"],
    request: ([id], { after, limit, order }) => ({
      path: `${schedule(id)}/occurrences${queryText({ after, limit, order })}`,
      show: ({ occurrences, cursor }) =>
        pageText(table((occurrences as Answer[]).map(entryRow)), { option: "after", cursor }),
    }),
  },
  "schedule pause": {
    operands: [1, 1],
    options: ["note"],
    request: ([id], { note }) =>
      post(`${schedule(id)}/pause`, scheduleLine, note === undefined ? undefined : { note }),
  },
  "schedule resume": {
    operands: [1, 1],
    options: [],
    request: ([id]) => post(`${schedule(id)}/resume`, scheduleLine),
  },
  "schedule trigger": {
    operands: [1, 1],
    options: [],
    request: ([id]) => post(`${schedule(id)}/trigger`, ({ jobId }) => String(jobId)),
  },
  "schedule backfill": {
    operands: [3, 3],
    options: [],
    request: ([id, from, to]) =>
      post(`${schedule(id)}/backfill`, ({ jobIds, next }) => {
        const more = next === null ? [] : [`not all of it: go on from ${next}`];
        return [...jobIds as string[], ...more].join("\n");
      }, { from, to }),
  },
  "schedule delete": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ method: "DELETE", path: schedule(id), show: scheduleLine }),
  },
};

function schedule(id = ""): string {
  return `/schedule/${encodeURIComponent(id)}`;
}

function post(path: string, show: Request["show"], body?: unknown): Request {
  return { method: "POST", path, show, ...(body !== undefined && jsonBody(body)) };
}

/** When it fires; the API validates it. Throws when a number cannot be read. */
function timing(values: Values): Record<string, unknown> {
  const { cron, every, rrule, timezone, count, jitter, overlap, misfire, exclude } = values;
  const calendars = values["exclude-calendar"];
  return given({
    ...{ cron, every, rrule, timezone, jitter, overlap },
    startAt: values["start-at"],
    endAt: values["end-at"],
    count: count === undefined ? undefined : readNumber("count", count),
    misfire: misfire === undefined ? undefined : { policy: misfire },
    exclude: exclude === undefined && calendars === undefined
      ? undefined
      : { dates: exclude, calendars },
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
  );
}

function entryRow({ n, nominalAt, decision, jobId }: Answer): string[] {
  return [n, nominalAt, decision, jobId ?? "-"].map(String);
}
