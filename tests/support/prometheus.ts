/**
 * Prometheus: the real one, and its tool, for tests: what it takes, nobody has to take our word for.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import { eventually } from "./eventually.ts";

/** What we give to operators. */
export const DEPLOY = new URL("../../deploy/prometheus/", import.meta.url).pathname;
/** Why a test is skipped. */
export const NO_PROMETHEUS =
  "no promtool on this machine: tests of metrics with a real Prometheus are skipped (apt-get install prometheus)";

/** One series of an instant query's answer. */
export interface QueriedSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Tells whether this machine has both. */
export async function hasPrometheus(): Promise<boolean> {
  try {
    for (const program of ["prometheus", "promtool"]) await output(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
}

/** Runs promtool in our folder of rules; throws an error with what it says unless it is content. */
export async function promtool(args: readonly string[], input = ""): Promise<void> {
  const { code, text } = await output("promtool", args, input);
  // Warnings of its linter do not change its code.
  if (code !== 0 || (args[1] === "metrics" && text.trim() !== "")) {
    throw new Error(`promtool ${args.join(" ")}: ${code}\n${text}`);
  }
}

/** A running server. */
export class PrometheusProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #url: string;

  private constructor(private readonly dir: string) {
    const address = `127.0.0.1:${freePort()}`;
    this.#url = `http://${address}`;
    this.#child = new Deno.Command("prometheus", {
      args: [
        `--config.file=${dir}/prometheus.yml`,
        `--storage.tsdb.path=${dir}/data`,
        `--web.listen-address=${address}`,
        "--log.level=error",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
  }

  /** Starts one with our own configuration and rules, which scrapes `targets` every second, and waits until it answers. */
  static async start(targets: readonly string[]): Promise<PrometheusProcess> {
    const dir = await Deno.makeTempDir({ prefix: "orrery-prometheus-" });
    await Deno.copyFile(`${DEPLOY}rules.yml`, `${dir}/rules.yml`);
    const config = await Deno.readTextFile(`${DEPLOY}prometheus.yml`);
    const ours = config.replaceAll("interval: 15s", "interval: 1s")
      .replace("- 127.0.0.1:8080", targets.map((one) => `- ${one}`).join("\n          "));
    await Deno.writeTextFile(`${dir}/prometheus.yml`, ours);
    const prometheus = new PrometheusProcess(dir);
    await eventually(
      () =>
        fetch(`${prometheus.#url}/-/ready`).then(
          (r) => r.text().then(() => r.ok || undefined),
          () => undefined,
        ),
      { what: "an answer of Prometheus", withinMs: 30_000, everyMs: 50 },
    );
    return prometheus;
  }

  /** What it says to a query now. Throws its own words when it does not understand it. */
  async query(expression: string): Promise<QueriedSample[]> {
    interface Vector {
      readonly result: readonly { metric: Record<string, string>; value: [number, string] }[];
    }
    const { result } = await this.get<Vector>(`query?query=${encodeURIComponent(expression)}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The data of another path of its API, `targets` or `rules`. */
  async get<Data>(path: string): Promise<Data> {
    const response = await fetch(`${this.#url}/api/v1/${path}`);
    const answer = await response.json() as { status: string; error?: string; data: Data };
    if (answer.status !== "success") throw new Error(`${path}: ${answer.error}`);
    return answer.data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function output(
  program: string,
  args: readonly string[],
  input = "",
): Promise<{ readonly code: number; readonly text: string }> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: DEPLOY,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input)).catch(() => {});
  await writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}
