import assert from "node:assert/strict";
import { eventually } from "./support/eventually.ts";
import { isAlive } from "./support/node_process.ts";
import { Workspace } from "./support/workspace.ts";

const config = { executors: { command: { allow: ["/bin/sh"] } } };
/** Processes that one job below starts: in its group, in the background, and in a session of its own. */
const PROCESSES = 3;

/** A job whose programs sleep for `seconds`, by which they are found. */
function sleeping(seconds: number) {
  const script = `setsid sleep ${seconds} & sleep ${seconds} & sleep ${seconds}; true`;
  return { name: "command", payload: { argv: ["/bin/sh", "-c", script] } };
}

/** A time that no other process sleeps for. */
function anySeconds(): number {
  return 100_000 + Math.floor(Math.random() * 1_000_000);
}

/** Processes whose command line holds `text`, by /proc. */
async function processesOf(text: string): Promise<number[]> {
  const found: number[] = [];
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const line = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    const shell = line.startsWith("/bin/sh");
    if (line.includes(text) && !shell && await isAlive(Number(name))) found.push(Number(name));
  }
  return found;
}

function running(seconds: number): Promise<true> {
  return eventually(async () => {
    const found = await processesOf(`sleep\0${seconds}`);
    return found.length === PROCESSES || undefined;
  }, { what: `${PROCESSES} processes that sleep for ${seconds}` });
}

/** Resolves when none is left; kills those that are, so that a failing test leaves nothing behind. */
async function gone(seconds: number): Promise<void> {
  try {
    await eventually(async () => {
      const left = await processesOf(`sleep\0${seconds}`);
      return left.length === 0 || undefined;
    }, { what: `the end of what sleeps for ${seconds}`, withinMs: 5_000 });
  } finally {
    for (const pid of await processesOf(`sleep\0${seconds}`)) Deno.kill(pid, "SIGKILL");
  }
}

Deno.test("kill -9 of the node ends the programs of its command jobs, wherever they went", async () => {
  await using workspace = await Workspace.create({ config });
  const { node, client } = await workspace.serve();
  const seconds = anySeconds();
  await client.submit(sleeping(seconds));
  await running(seconds);
  await node.end("SIGKILL");
  await gone(seconds);
});

Deno.test("kill -9 of the warden first, and of the node then, leaves nothing either (WD2)", async () => {
  await using workspace = await Workspace.create({ config });
  const { node, client } = await workspace.serve();
  const seconds = anySeconds();
  await client.submit(sleeping(seconds));
  await running(seconds);
  const wardenOf = async () => {
    const children = new Set(await node.children());
    return (await processesOf("warden_main.ts")).find((pid) => children.has(pid));
  };
  const first = await wardenOf();
  if (first !== undefined) Deno.kill(first, "SIGKILL");
  const second = await eventually(async () => {
    const pid = await wardenOf();
    return pid === first ? undefined : pid;
  }, { what: "another warden" }).finally(() => node.end("SIGKILL").then(() => gone(seconds)));
  assert.notEqual(first, undefined, "there was no warden");
  await eventually(async () => !(await isAlive(second)) || undefined, { what: "its end" });
});

Deno.test("a cancel and a time-out end programs that left their group, under the node's permissions", async () => {
  await using workspace = await Workspace.create({ config });
  const { client } = await workspace.serve();
  const seconds = anySeconds();
  const { id } = await client.submit(sleeping(seconds));
  await running(seconds);
  await client.request(`/job/${id}`, { method: "DELETE" });
  await client.reach(id, "cancelled");
  await gone(seconds);
  const other = anySeconds();
  const late = { ...sleeping(other), timeout: "700ms", retry: { attempts: 1 } };
  const timedOut = await client.submit(late);
  await running(other);
  await client.reach(timedOut.id, "failed");
  await gone(other);
});

Deno.test("a node that stops leaves neither programs nor its warden", async () => {
  await using workspace = await Workspace.create({
    config: { ...config, timings: { drainTimeout: "100ms" } },
  });
  const { node, client } = await workspace.serve();
  const seconds = anySeconds();
  await client.submit(sleeping(seconds));
  await running(seconds);
  const children = await node.children();
  assert.equal((await node.end("SIGTERM")).code, 0);
  await gone(seconds);
  assert.deepEqual((await Promise.all(children.map(isAlive))).filter(Boolean), []);
});
