/**
 * WebhookCommands: what the command line can do about webhooks.
 * @module
 */
import { type Answer, type Command, type Commands, jsonBody } from "../command.ts";
import { card, table } from "../table.ts";

const plain = (verb: string, summary: string): Command => ({
  operands: [1, 1],
  takes: "ID",
  summary,
  examples: [`webhook ${verb} billing`],
  options: [],
  request: ([id]) => ({ method: "POST", path: `${webhook(id)}/${verb}`, show: line }),
});

/** The commands by their names. */
export const WEBHOOK_COMMANDS: Commands = {
  "webhooks": {
    operands: [0, 0],
    summary: "list the webhooks, and how far their receivers are",
    examples: ["webhooks"],
    options: [],
    request: () => ({
      path: "/webhooks",
      show: ({ webhooks }) => table((webhooks as Answer[]).map(row), COLUMNS),
    }),
  },
  "webhook create": {
    operands: [2, 2],
    takes: "ID URL",
    summary: "have the news of jobs sent there; prints the secret that signs them, once",
    examples: ["webhook create billing https://example.com/in --states completed,failed"],
    options: ["states", "queues", "names", "tag", "batch", "secret-env", "secret-file"],
    meanings: { tag: "jobs with this tag", batch: "events in one request" },
    request: ([id, url], { states, queues, names, tag, batch, ...secret }) => ({
      method: "POST",
      path: "/webhook",
      ...jsonBody({
        ...{ id, url, states: listed(states), queues: listed(queues), names: listed(names) },
        tags: tag ?? [],
        ...(batch !== undefined && { batch: Number(batch) }),
        ...(secret["secret-env"] !== undefined && { secretEnv: secret["secret-env"] }),
        ...(secret["secret-file"] !== undefined && { secretFile: secret["secret-file"] }),
      }),
      show: ({ signingSecret, ...rest }) =>
        signingSecret === null ? line(rest) : `${line(rest)}\n${signingSecret}`,
    }),
  },
  "webhook get": {
    operands: [1, 1],
    takes: "ID",
    summary: "show a webhook",
    examples: ["webhook get billing"],
    options: [],
    request: ([id]) => ({ path: webhook(id), show: card }),
  },
  "webhook test": {
    operands: [1, 1],
    takes: "ID",
    summary: "send an event that is none, and say what came of it",
    examples: ["webhook test billing"],
    options: [],
    request: ([id]) => ({
      method: "POST",
      path: `${webhook(id)}/test`,
      show: ({ delivered, error }) => delivered === true ? "delivered" : `not delivered: ${error}`,
    }),
  },
  "webhook pause": plain("pause", "send nothing for a while; events wait"),
  "webhook resume": plain("resume", "send what waits, and what comes"),
  "webhook replay": {
    operands: [1, 1],
    takes: "ID",
    summary: "go on with an earlier event, or a later one",
    examples: ["webhook replay billing --from 2027-01-01T00:00:00Z"],
    options: ["from", "sequence"],
    request: ([id], { from, sequence }) => ({
      method: "POST",
      path: `${webhook(id)}/replay`,
      ...jsonBody({
        ...(from !== undefined && { from }),
        ...(sequence !== undefined && { sequence: Number(sequence) }),
      }),
      show: line,
    }),
  },
  "webhook delete": {
    operands: [1, 1],
    takes: "ID",
    summary: "delete a webhook",
    examples: ["webhook delete billing"],
    options: [],
    request: ([id]) => ({ method: "DELETE", path: webhook(id), show: line }),
  },
};

const COLUMNS = ["ID", "STATUS", "URL", "WAITING", "LAST ERROR"];

function webhook(id = ""): string {
  return `/webhook/${encodeURIComponent(id)}`;
}

function listed(given: string | undefined): readonly string[] {
  return given === undefined ? [] : given.split(",");
}

function line(answer: Answer): string {
  return row(answer).join("  ").trimEnd();
}

function row({ id, status, url, waiting, lost, lastError }: Answer): string[] {
  const gone = lost === 0 ? "" : `, ${lost} lost`;
  const { message = "" } = (lastError ?? {}) as { readonly message?: string };
  return [String(id), String(status), String(url), `${waiting} waiting${gone}`, message];
}
