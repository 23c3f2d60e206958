import assert from "node:assert/strict";
import { nodeSuite, type SuiteContext } from "./support/suite.ts";

/** Bundles the client as a page would, into the workspace. */
async function bundle({ workspace }: SuiteContext): Promise<string> {
  const path = workspace.path("client.mjs");
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "gateway/client.ts", "-o", path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return path;
}

/** A caller that Node runs. */
const SCRIPT = `
import { createClient, JobNotCompletedError } from "./client.mjs";
const client = createClient({ url: process.argv[2] });
const job = await client.submit("greet", { to: "Node" });
const { greeting } = await job.result();
const outcomes = await client.submitMany([{ name: "greet", payload: { to: "a" } }, { name: "" }]);
const states = [];
for await (const { state } of job.events()) states.push(state);
const failing = await client.submit("fail", { message: "no" }, { retry: { attempts: 1 } });
const failed = await failing.result().catch((error) => error instanceof JobNotCompletedError);
console.log(JSON.stringify({ greeting, kinds: outcomes.map(({ kind }) => kind), states, failed }));
`;

nodeSuite("the typed client on other platforms", { handlers: ["greet"] }, {
  "runs in Node": async (context) => {
    await bundle(context);
    const script = context.workspace.path("caller.mjs");
    await Deno.writeTextFile(script, SCRIPT);
    const { success, stdout, stderr } = await new Deno.Command("node", {
      args: [script, context.node().url],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), {
      greeting: "Hello, Node!",
      kinds: ["accepted", "refused"],
      states: ["completed"],
      failed: true,
    });
  },

  "is one small file without anything of a platform's own": async (context) => {
    const text = await Deno.readTextFile(await bundle(context));
    assert.doesNotMatch(text, /\bDeno\.|\bprocess\.|\brequire\(|\bBuffer\b|^import /m);
    assert.ok(text.length < 64 * 1024, `${text.length} characters`);
  },
});
