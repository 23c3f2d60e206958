import assert from "node:assert/strict";
import { Workspace } from "./support/workspace.ts";

/** From a stop on: nothing that a node waits for is shorter than some of its timers. */
const ENDS_WITHIN_MS = 15_000;
const CHILD = new URL("./node_stop_child.ts", import.meta.url).pathname;
const CONFIG = new URL("../deno.json", import.meta.url).pathname;

for (
  const [when, title] of [
    ["at-once", "before it was ready"],
    ["working", "with attempts under way, a parked job and one for later"],
  ] as const
) {
  Deno.test(`a program whose node is stopped ${title} ends by itself`, async () => {
    await using workspace = await Workspace.create({
      config: {
        executors: { command: { allow: ["sleep"] } },
        timings: { drainTimeout: "100ms" },
      },
    });
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", `--config=${CONFIG}`, CHILD, when, workspace.path("orrery.db")],
      cwd: workspace.dir,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN_MS);
    const { stdout, code, signal } = await child.output();
    clearTimeout(timer);
    assert.equal(new TextDecoder().decode(stdout).trim(), "stopped");
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
  });
}
