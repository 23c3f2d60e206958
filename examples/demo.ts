/**
 * Demo: `deno task demo`: what Orrery promises, shown on a node of its own in a temporary folder.
 *
 * Jobs now, later, failing and retried; then a thousand jobs, the node killed with SIGKILL in the middle
 * of them, started again, and every job accounted for. Takes about ten seconds; leaves nothing behind.
 * @module
 */

const JOBS_BEFORE_THE_CRASH = 1_000;
const folder = await Deno.makeTempDir({ prefix: "orrery-demo-" });

interface DemoNode {
  readonly url: string;
  readonly process: Deno.ChildProcess;
}

interface Job {
  readonly id: string;
  readonly state: string;
  readonly runAt: string;
  readonly startedAt: string | null;
  readonly attempts: readonly { readonly outcome: string }[];
}

/** Starts a node on the demo's store and waits for its ready line. */
async function start(): Promise<DemoNode> {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      main,
      "--http",
      "127.0.0.1:0",
      "--store",
      `sqlite:${folder}/demo.db`,
    ],
    stdout: "piped",
    stderr: "inherit",
    env: { ORRERY_LOG_LEVEL: "info" },
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  for (let text = "";;) {
    const { value, done } = await reader.read();
    if (done) throw new Error("the node ended before it was ready");
    text += value;
    const url = /"event":"node.ready","http":"([^"]+)"/.exec(text)?.[1];
    if (url) {
      void drainOutput(reader);
      return { url, process };
    }
  }
}

/** Reads on, so that the node never waits for its output to be read. */
async function drainOutput(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

async function call<Answer>(node: DemoNode, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(node.url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await response.json() as Answer;
}

/** Asks for a job until it has ended. */
async function ended(node: DemoNode, id: string): Promise<Job> {
  while (true) {
    const job = await call<Job>(node, `/job/${id}`);
    if (["completed", "failed", "cancelled"].includes(job.state)) return job;
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

function say(text: string): void {
  console.log(text);
}

async function showSingleJobs(node: DemoNode): Promise<void> {
  const now = await call<Job>(node, "/job", { name: "echo", payload: { hello: "world" } });
  say(`now       ${now.id} is ${(await ended(node, now.id)).state}`);
  const later = await call<Job>(node, "/job", { name: "noop", delay: "1s" });
  const late = await ended(node, later.id);
  const lagMs = Date.parse(late.startedAt ?? "") - Date.parse(late.runAt);
  say(`in 1 s    ${later.id} is ${late.state}, started ${lagMs} ms after its time`);
  const flaky = await call<Job>(node, "/job", {
    name: "fail",
    payload: { message: "not yet", times: 2 },
    retry: { attempts: 3, base: "200ms" },
  });
  const tried = await ended(node, flaky.id);
  const outcomes = tried.attempts.map(({ outcome }) => outcome).join(", ");
  say(`retried   ${flaky.id} is ${tried.state} after ${outcomes}`);
}

/** Kills the node in the middle of a thousand jobs; returns the node that carries on. */
async function showCrash(node: DemoNode): Promise<DemoNode> {
  const batch = Array.from(
    { length: JOBS_BEFORE_THE_CRASH },
    () => ({ name: "sleep", payload: { ms: 50 }, tags: ["crash"] }),
  );
  const { accepted } = await call<{ accepted: number }>(node, "/jobs", batch);
  await new Promise((resume) => setTimeout(resume, 250));
  node.process.kill("SIGKILL");
  await node.process.status;
  say(`crash     ${accepted} jobs accepted, node killed with SIGKILL while they ran`);
  const again = await start();
  let open = accepted;
  while (open > 0) {
    const { states } = await call<{ states: Record<string, number> }>(again, "/jobs/counts");
    open = (states["pending"] ?? 0) + (states["running"] ?? 0) + (states["scheduled"] ?? 0);
    await new Promise((resume) => setTimeout(resume, 50));
  }
  const { states } = await call<{ states: Record<string, number> }>(again, "/jobs/counts");
  say(`restart   ${JSON.stringify(states)}`);
  return again;
}

let node = await start();
try {
  say(`node      ready at ${node.url}`);
  await showSingleJobs(node);
  node = await showCrash(node);
} finally {
  node.process.kill("SIGTERM");
  await node.process.status;
  await Deno.remove(folder, { recursive: true });
}
