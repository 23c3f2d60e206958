/**
 * AlertCommands: what the command line can do about alerts.
 * @module
 */
import { type Answer, type Command, jsonBody, queryText } from "./command.ts";
import { pageText, table } from "./table.ts";

/** How they are used. */
export const ALERT_USAGE = `  alerts                  list incidents, those that are over too
      --status firing|resolved --limit N --cursor CURSOR
  alert get ID            show an incident
  alert silence ID        tell nobody of it for a while, but that it is over
      --for 2h (0s: no longer) --note WHY
  alert test CHANNEL      tell a channel something, and wait for what comes of it
`;

/** The commands by their names. */
export const ALERT_COMMANDS: Readonly<Record<string, Command>> = {
  "alerts": {
    operands: [0, 0],
    options: ["status", "limit", "cursor"],
    request: (_, { status, limit, cursor }) => ({
      path: `/alerts${queryText({ status, limit, cursor })}`,
      show: ({ alerts, cursor }) =>
        pageText(table((alerts as Answer[]).map(alertRow)), { option: "cursor", cursor }),
    }),
  },
  "alert get": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ path: alert(id), show: (answer) => JSON.stringify(answer, null, 2) }),
  },
  "alert silence": {
    operands: [1, 1],
    options: ["for", "note"],
    request: ([id], { for: span, note }) => ({
      method: "POST",
      path: `${alert(id)}/silence`,
      ...jsonBody({ for: span ?? "1h", ...(note !== undefined && { note }) }),
      show: (answer) => alertRow(answer).join("  "),
    }),
  },
  "alert test": {
    operands: [1, 1],
    options: [],
    request: ([channel]) => ({
      method: "POST",
      path: "/alerts/test",
      ...jsonBody({ channel }),
      show: testText,
    }),
  },
};

function alert(id = ""): string {
  return `/alerts/${encodeURIComponent(id)}`;
}

function alertRow({ id, status, kind, labels, count, last, silence }: Answer): string[] {
  const named = Object.entries(labels as Record<string, string>)
    .map(([name, value]) => `${name}=${value}`).join(" ");
  const { message } = (last ?? {}) as { readonly message?: string };
  const silent = silence === null ? "" : `silent until ${(silence as Answer)["until"]}`;
  return [...[id, status, kind, named, count].map(String), silent, message ?? ""];
}

function testText({ delivered, state, error, jobId }: Answer): string {
  if (delivered === true) return "delivered";
  const why = error === null ? "" : `: ${(error as Answer)["message"]}`;
  return `not delivered; job ${jobId} is ${state}${why}`;
}
