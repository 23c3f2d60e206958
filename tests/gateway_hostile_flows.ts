/**
 * HostileFlows: requests about flows that must be refused (see gateway_hostile_cases.ts).
 * @module
 */
import { FLOW_NODES_MAX } from "../actors/flow/spec.ts";
import { PAYLOAD_BYTES_MAX } from "../actors/job/spec.ts";
import { FLOW_BODY_BYTES_MAX } from "../gateway/limits.ts";
import type { Hostile } from "./gateway_hostile_cases.ts";

const flow = (name: string, body: string, path: string, status = 400): Hostile => ({
  ...{ name, request: "POST /flow", body, status, path },
});

/** A flow of one job that is right but for `fields` of its node. */
const node = (name: string, fields: string, path: string, status = 400): Hostile =>
  flow(name, `{"jobs":[{"job":{"name":"mail"},${fields}}]}`, path, status);

/** Jobs in a ring, each after the one before. */
const ring = (length: number): string =>
  JSON.stringify({
    jobs: Array.from({ length }, (_, at) => ({
      key: `n${at}`,
      job: { name: "mail" },
      dependsOn: [`n${(at + length - 1) % length}`],
    })),
  });

/** What is refused about flows. */
export const HOSTILE_FLOWS: readonly Hostile[] = [
  flow("a flow that is a list", "[]", ""),
  flow("a flow of nothing", "{}", "jobs"),
  flow("an object for jobs", '{"jobs":{"length":1,"0":{}}}', "jobs"),
  flow("null jobs", '{"jobs":[null]}', "jobs[0]"),
  flow("a node without a job", '{"jobs":[{"key":"a"}]}', "jobs[0].job"),
  flow("an id of another shard", '{"id":"a/b","jobs":[{"job":{"name":"mail"}}]}', "id"),
  flow("an id of an actor", '{"id":"a@flow","jobs":[{"job":{"name":"mail"}}]}', "id"),
  flow(
    "a __proto__ field in a flow",
    '{"jobs":[{"job":{"name":"mail"}}],"__proto__":{}}',
    "__proto__",
  ),
  node("a key with a slash", '"key":"a/b"', "jobs[0].key"),
  node("the callback's key", '"key":"~callback"', "jobs[0].key"),
  node("a __proto__ key", '"key":"__proto__"', "jobs[0].key"),
  node("an unknown parent", '"dependsOn":["toString"]', "jobs[0].dependsOn[0]", 422),
  node("a parent of no form", '"dependsOn":[["a"]]', "jobs[0].dependsOn[0]"),
  node(
    "an unknown policy",
    '"dependsOn":[{"key":"mail","onFailure":"retry"}]',
    "jobs[0].dependsOn[0]",
  ),
  node("a job that waits for itself", '"dependsOn":["mail"]', "jobs", 422),
  flow("a ring of all jobs", ring(FLOW_NODES_MAX), "jobs", 422),
  flow("too many jobs", ring(FLOW_NODES_MAX + 1), "jobs", 422),
  flow("a hundred thousand jobs", `{"jobs":[${Array(100_000).fill("{}")}]}`, "jobs", 422),
  flow(
    "a payload that is too large",
    `{"jobs":[{"job":{"name":"mail","payload":"${"x".repeat(PAYLOAD_BYTES_MAX)}"}}]}`,
    "jobs[0].job.payload",
    413,
  ),
  {
    name: "a flow that is too large",
    request: "POST /flow",
    body: `{"jobs":["${"x".repeat(FLOW_BODY_BYTES_MAX)}"]}`,
    status: 413,
    path: null,
  },
  { name: "a flow of an actor's name", request: "GET /flow/a@flow", status: 400, path: "id" },
  { name: "the cancel of no flow", request: "DELETE /flow/zz", status: 404, path: null },
  {
    name: "a state that flows don't have",
    request: "GET /flows?state=odd",
    status: 400,
    path: "state",
  },
];
