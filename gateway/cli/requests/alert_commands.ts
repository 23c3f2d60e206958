/**
 * AlertCommands: what the command line can do about alerts.
 * @module
 */
import { type Answer, type Commands, jsonBody, queryText } from "../command.ts";
import { card, pageText, table } from "../table.ts";

/** The commands by their names. */
export const ALERT_COMMANDS: Commands = {
  "alerts": {
    operands: [0, 0],
    summary: "list incidents, those that are over too",
    examples: ["alerts --status firing"],
    options: ["status", "limit", "cursor"],
    request: (_, { status, limit, cursor }) => ({
      path: `/alerts${queryText({ status, limit, cursor })}`,
      show: ({ alerts, cursor }) =>
        pageText(table((alerts as Answer[]).map(alertRow), ALERT_COLUMNS), {
          option: "cursor",
          cursor,
        }),
    }),
  },
  "alert get": {
    operands: [1, 1],
    takes: "ID",
    summary: "show an incident",
    examples: ["alert get 3f2a"],
    options: [],
    request: ([id]) => ({ path: alert(id), show: card }),
  },
  "alert silence": {
    operands: [1, 1],
    takes: "ID",
    summary: "tell nobody of it for a while, but that it is over",
    examples: ["alert silence 3f2a --for 2h --note 'known, being repaired'"],
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
    takes: "CHANNEL",
    summary: "tell a channel something, and wait for what comes of it",
    examples: ["alert test ops"],
    options: [],
    request: ([channel]) => ({
      method: "POST",
      path: "/alerts/test",
      ...jsonBody({ channel }),
      show: testText,
    }),
  },
};

const ALERT_COLUMNS = ["ID", "STATUS", "KIND", "OF", "COUNT", "SILENT", "LAST"];

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
