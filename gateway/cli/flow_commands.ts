/**
 * FlowCommands: what the command line can do about flows.
 * @module
 */
import { type Answer, type Command, jsonBody, queryText, readJson } from "./command.ts";
import { pageText, table } from "./table.ts";

/** How they are used. */
export const FLOW_USAGE = `  flows                   list flows
      --state STATE --limit N --cursor CURSOR
  flow create REQUEST     submit jobs that wait for one another; REQUEST is JSON
      --id ID --idempotency-key KEY
  flow get ID             show a flow and its jobs
  flow cancel ID          cancel all of it
  flow retry ID           run again what did not complete
`;

/** The commands by their names. */
export const FLOW_COMMANDS: Readonly<Record<string, Command>> = {
  "flows": {
    operands: [0, 0],
    options: ["state", "limit", "cursor"],
    request: (_, { state, limit, cursor }) => ({
      path: `/flows${queryText({ state, limit, cursor })}`,
      show: ({ flows, cursor }) =>
        pageText(table((flows as Answer[]).map(flowRow)), { option: "cursor", cursor }),
    }),
  },
  "flow create": {
    operands: [1, 1],
    options: ["id", "idempotency-key"],
    request: ([request = ""], { id, "idempotency-key": key }) => {
      const asked = readJson("REQUEST", request) as Record<string, unknown>;
      const json = jsonBody(id === undefined ? asked : { ...asked, id });
      return {
        method: "POST",
        path: "/flow",
        ...json,
        headers: { ...json.headers, ...(key !== undefined && { "idempotency-key": key }) },
        show: flowLine,
      };
    },
  },
  "flow get": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({
      path: flow(id),
      show: (answer) =>
        [flowLine(answer), table((answer["jobs"] as Answer[]).map(jobRow))].join("\n"),
    }),
  },
  "flow cancel": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ method: "DELETE", path: flow(id), show: flowLine }),
  },
  "flow retry": {
    operands: [1, 1],
    options: [],
    request: ([id]) => ({ method: "POST", path: `${flow(id)}/retry`, show: flowLine }),
  },
};

function flow(id = ""): string {
  return `/flow/${encodeURIComponent(id)}`;
}

/** Its id, its state, and how many jobs are in each state that any are in. */
function flowRow({ id, state, createdAt, counts }: Answer): string[] {
  const { total, ...states } = counts as Record<string, number>;
  const some = Object.entries(states).filter(([, count]) => count > 0);
  const counted = some.map(([name, count]) => `${count} ${name}`).join(", ");
  return [`${id}`, `${state}`, `${createdAt}`, `${total} jobs: ${counted}`];
}

function flowLine(answer: Answer): string {
  return flowRow(answer).join("  ");
}

function jobRow({ key, state, name, dependsOn }: Answer): string[] {
  const parents = (dependsOn as { key: string; onFailure: string }[]).map(({ key, onFailure }) =>
    onFailure === "fail" ? key : `${key} (${onFailure})`
  );
  return [
    `  ${key}`,
    `${state}`,
    `${name}`,
    parents.length === 0 ? "" : `after ${parents.join(", ")}`,
  ];
}
