import assert from "node:assert/strict";
import { getIntrospectionQuery } from "../gateway/graphql/deps.ts";
import { nodeSuite } from "./support/suite.ts";

async function post(url: string, query: string, accept = "application/json"): Promise<Response> {
  return await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query }),
  });
}

nodeSuite("GraphQL", { handlers: ["greet"] }, {
  "submits, follows and reads a job": async ({ node }) => {
    const { url } = node();
    const submit = `mutation { submitJob(job: { id: "g1", name: "greet", payload: { to: "Ada" },
      delay: 200 }) { id state } }`;
    assert.deepEqual(await (await post(url, submit)).json(), {
      data: { submitJob: { id: "g1", state: "scheduled" } },
    });
    const follow = `subscription { job(id: "g1") { state } }`;
    const told = await (await post(url, follow, "text/event-stream")).text();
    assert.match(told, /"state":"completed"[^]*event: complete/);
    const read = `{ job(id: "g1") { result attempts { outcome } } nodes { id shards } }`;
    const { data } = await (await post(url, read)).json();
    assert.deepEqual(data.job, {
      result: { greeting: "Hello, Ada!" },
      attempts: [{ outcome: "ok" }],
    });
    assert.equal(data.nodes.length, 1);
  },

  "has a schema that tools can read": async ({ node }) => {
    const { data, errors } = await (await post(node().url, getIntrospectionQuery())).json();
    assert.equal(errors, undefined);
    assert.equal(data.__schema.subscriptionType.name, "Subscription");
  },
});
