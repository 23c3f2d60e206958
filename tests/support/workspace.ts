/**
 * Workspace: a private folder for one test: handlers, configuration, store, ledger; and its nodes.
 *
 * Everything of a test lives in one folder, which is the working folder of its nodes, so that tests
 * neither see one another nor the repository's own data.
 * @module
 */
import { Client } from "./client.ts";
import { NodeProcess } from "./node_process.ts";

/** What a workspace is made with. */
export interface WorkspaceOptions {
  /** Files of `tests/handlers` to begin with, without `.ts`. */
  readonly handlers?: readonly string[];
  /** Fields of `cluster.json`, section by section. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** How one of its nodes is started. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Further flags. */
  readonly args?: readonly string[];
  /** False: `args` say where to listen. Otherwise on a free port. */
  readonly http?: boolean;
  /** In place of `sqlite:` and a file of the workspace. */
  readonly store?: string;
  /** See `LaunchOptions`. */
  readonly through?: readonly string[];
}

const HANDLERS = new URL("../handlers/", import.meta.url).pathname;

/** A test's folder and its nodes. */
export class Workspace implements AsyncDisposable {
  readonly #nodes: NodeProcess[] = [];

  private constructor(readonly dir: string) {}

  /** Makes the folder. */
  static async create(options: WorkspaceOptions = {}): Promise<Workspace> {
    const workspace = new Workspace(await Deno.makeTempDir({ prefix: "orrery-e2e-" }));
    await Deno.mkdir(workspace.path("handlers"));
    for (const name of options.handlers ?? []) await workspace.addHandler(name);
    await workspace.configure(options.config ?? {});
    return workspace;
  }

  /** The absolute path of a file in it. */
  path(name: string): string {
    return `${this.dir}/${name}`;
  }

  /** Copies a file of `tests/handlers` into the handlers folder. */
  async addHandler(name: string): Promise<void> {
    await Deno.copyFile(
      `${HANDLERS}${name}.ts`,
      this.path(`handlers/${name.split("/").at(-1)}.ts`),
    );
  }

  /** Writes a handler file from text. */
  async writeHandler(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.path(`handlers/${name}.ts`), text);
  }

  /** Writes `cluster.json`, which the next start reads. */
  async configure(config: Readonly<Record<string, unknown>>): Promise<void> {
    await Deno.writeTextFile(this.path("cluster.json"), JSON.stringify(config));
  }

  /** Starts the program on this folder and waits for nothing. */
  launch({ args = [], http = true, store, env = {}, through }: StartOptions = {}): NodeProcess {
    const node = NodeProcess.launch({
      cwd: this.dir,
      args: [
        ...(http ? ["--http", "127.0.0.1:0"] : []),
        ...["--handlers", "handlers"],
        ...["--store", store ?? `sqlite:${this.path("orrery.db")}`],
        ...args,
      ],
      env,
      ...(through !== undefined && { through }),
    });
    this.#nodes.push(node);
    return node;
  }

  /** Starts a node and waits until it is ready. */
  async start(options: StartOptions = {}): Promise<NodeProcess> {
    const node = this.launch(options);
    await node.ready();
    return node;
  }

  /** Starts a node and hands out a client of it, too. */
  async serve(options: StartOptions = {}): Promise<{ node: NodeProcess; client: Client }> {
    const node = await this.start(options);
    return { node, client: new Client(() => node.url) };
  }

  /** Lines that handlers appended to a file of the workspace; none when there is no such file. */
  async ledger(name = "ledger"): Promise<string[]> {
    const text = await Deno.readTextFile(this.path(name)).catch(() => "");
    return text.split("\n").filter((line) => line !== "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const node of this.#nodes) await node[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true }).catch(() => {});
  }
}
