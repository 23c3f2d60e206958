/**
 * A program that embeds a node, stops it as its argument says, and then has nothing more to do.
 *
 * It never calls `Deno.exit`: that it ends is what is tested.
 * @module
 */
import { loadConfig } from "../config/load.ts";
import { startNode } from "../node.ts";

const [when, store] = Deno.args;
const loaded = loadConfig({
  args: ["--http", "127.0.0.1:0", "--store", `sqlite:${store}`, "--handlers", "handlers"],
  env: {},
  readFile: (path) => path.endsWith("cluster.json") ? Deno.readTextFileSync(path) : undefined,
});
if (loaded.kind !== "config") throw new Error(JSON.stringify(loaded));
const node = await startNode({ config: loaded.config, log: () => {} });
if (when === "working") {
  await node.ready;
  const { jobs } = node;
  const running = new Promise<void>((resolve) => {
    const { stop } = jobs.feed.subscribe({}, ({ state }) => {
      if (state !== "running") return;
      stop();
      resolve();
    });
  });
  const response = await fetch(`${node.url}/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([
      { name: "sleep", payload: { ms: 60_000 }, timeout: "2m" },
      { name: "command", payload: { argv: ["sleep", "60"] } },
      { name: "nobody-knows-it" },
      { name: "noop", delay: "30s" },
    ]),
  });
  await response.body?.cancel();
  await running;
}
await node.stop();
console.log("stopped");
