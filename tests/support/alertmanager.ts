/**
 * Alertmanager: the real one, from the system's packages, on free ports, for as long as a test needs it.
 * @module
 */
import { freePort } from "../../bench/harness/redis.ts";
import { eventually } from "./eventually.ts";

const PROGRAM = "prometheus-alertmanager";

/** An alert as its API shows it. */
export interface KnownAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly status: { readonly state: string };
  readonly startsAt: string;
  readonly endsAt: string;
}

/** Tells whether it is installed; says what is skipped without it. */
export async function hasAlertmanager(): Promise<boolean> {
  try {
    await new Deno.Command(PROGRAM, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return true;
  } catch {
    console.warn(`No ${PROGRAM}: tests against it are skipped. apt-get install ${PROGRAM}`);
    return false;
  }
}

/** The program. */
export class Alertmanager implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly child: Deno.ChildProcess,
    private readonly dir: string,
  ) {}

  /** Starts it; `webhook` is where it sends what it groups. */
  static async start({ webhook }: { readonly webhook: string }): Promise<Alertmanager> {
    const dir = await Deno.makeTempDir({ prefix: "orrery-am-" });
    await Deno.writeTextFile(`${dir}/am.yml`, configOf(webhook));
    const port = freePort();
    const child = new Deno.Command(PROGRAM, {
      args: [
        `--config.file=${dir}/am.yml`,
        `--storage.path=${dir}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--cluster.listen-address=",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const manager = new Alertmanager(`http://127.0.0.1:${port}`, child, dir);
    await eventually(async () => {
      const response = await fetch(`${manager.url}/-/ready`).catch(() => undefined);
      await response?.body?.cancel();
      return response?.ok === true ? true : undefined;
    }, { what: "Alertmanager" });
    return manager;
  }

  /** The alerts that are active. */
  async alerts(): Promise<readonly KnownAlert[]> {
    return await (await fetch(`${this.url}/api/v2/alerts`)).json();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGTERM");
    await this.child.status;
    await Deno.remove(this.dir, { recursive: true });
  }
}

function configOf(webhook: string): string {
  return [
    "route: {receiver: test, group_by: [alertname], group_wait: 100ms, group_interval: 200ms}",
    "receivers:",
    `  - {name: test, webhook_configs: [{url: "${webhook}", send_resolved: true}]}`,
    "",
  ].join("\n");
}
