/**
 * WebhookCommands: what the command line can do about webhooks.
 * @module
 */
import { type Answer, type Command, jsonBody } from "./command.ts";
import { table } from "./table.ts";

/** How they are used. */
export const WEBHOOK_USAGE =
  `  webhooks                list the webhooks, and how far their receivers are
  webhook create ID URL   have the news of jobs sent there; prints the secret that signs them, once
      --state STATE,… --queue QUEUE,… --name NAME,… --tag TAG (repeat it) --batch N
      --secret-env NAME | --secret-file NAME
  webhook get ID          show a webhook
  webhook test ID         send an event that is none, and say what came of it
  webhook pause ID        send nothing for a while; events wait
  webhook resume ID       send what waits, and what comes
  webhook replay ID       go on with an earlier event, or a later one
      --from TIME | --sequence N
  webhook delete ID       delete it
`;

const plain = (verb: string): Command => ({
  operands: [1, 1],
  options: [],
  request: ([id]) => ({ method: "POST", path: `${webhook(id)}/${verb}`, show: line }),
});

/** The commands by their names. */
export const WEBHOOK_COMMANDS: Readonly<Record<string, Command>> = {
  "webhooks": {
    operands: [0, 0],
    options: [],
    request: () => ({
      path: "/webhooks",
      show: ({ webhooks }) => table((webhooks as Answer[]).map(row)),
    }),
  },
  "webhook create": {
    operands: [2, 2],
    options: ["state", "queue", "name", "tag", "batch", "secret-env", "secret-file"],
    request: ([id, url], { state, queue, name, tag, batch, ...secret }) => ({
      method: "POST",
      path: "/webhook",
      ...jsonBody({
        ...{ id, url, states: listed(state), queues: listed(queue), names: listed(name) },
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
    options: [],
    request: ([id]) => ({ path: webhook(id), show: (answer) => JSON.stringify(answer, null, 2) }),
  },
  "webhook test": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({
      method: "POST",
      path: `${webhook(id)}/test`,
      show: ({ delivered, error }) => delivered === true ? "delivered" : `not delivered: ${error}`,
    }),
  },
  "webhook pause": plain("pause"),
  "webhook resume": plain("resume"),
  "webhook replay": {
    operands: [1, 1],
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
    options: [],
    request: ([id]) => ({ method: "DELETE", path: webhook(id), show: line }),
  },
};

function webhook(id = ""): string {
  return `/webhook/${encodeURIComponent(id)}`;
}

function listed(given: string | undefined): readonly string[] {
  return given === undefined ? [] : given.split(",");
}

function line(answer: Answer): string {
  return row(answer).join("  ");
}

function row({ id, status, url, waiting, lost, lastError }: Answer): string[] {
  const gone = lost === 0 ? "" : `, ${lost} lost`;
  const { message = "" } = (lastError ?? {}) as { readonly message?: string };
  return [String(id), String(status), String(url), `${waiting} waiting${gone}`, message];
}
