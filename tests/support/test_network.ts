/**
 * TestNetwork: a network of a test's own, a machine of which can lose sight of another one.
 *
 * Each machine is a network namespace on one bridge of this computer. Two of them are cut apart by giving each the
 * other's address with hardware that nobody has: what is sent is lost, and nobody is told.
 * Needs Linux, root and `ip` (iproute2); {@link hasTestNetwork} tells whether they are there.
 * @module
 */

/** A machine of the network. */
export interface TestMachine {
  readonly address: string;
  /** Runs a program on it: put this before the program and its arguments. */
  readonly through: readonly string[];
}

const NOBODYS_HARDWARE = "02:00:00:00:00:00";
const SUBNETS = 250;

/** The network. */
export class TestNetwork implements AsyncDisposable {
  readonly #machines: string[] = [];
  /** Short: the names of links have 15 characters at most. */
  readonly #name = `or${Deno.pid}`;
  readonly #subnet = `10.213.${1 + Deno.pid % SUBNETS}`;

  private constructor() {}

  /** Where machines reach this computer itself. */
  get gateway(): string {
    return `${this.#subnet}.254`;
  }

  /** Makes one. Rejects when this computer can't. */
  static async create(): Promise<TestNetwork> {
    const network = new TestNetwork();
    await ip(`link add ${network.#name} type bridge`);
    await ip(`addr add ${network.gateway}/24 dev ${network.#name}`);
    await ip(`link set ${network.#name} up`);
    return network;
  }

  /** Adds a machine. */
  async add(): Promise<TestMachine> {
    const number = this.#machines.length + 1;
    const name = `${this.#name}n${number}`;
    const address = this.#addressOf(number);
    await ip(`netns add ${name}`);
    this.#machines.push(name);
    await ip(`link add ${name} type veth peer name eth0 netns ${name}`);
    await ip(`link set ${name} master ${this.#name} up`);
    await ip(`-n ${name} addr add ${address}/24 dev eth0`);
    await ip(`-n ${name} link set eth0 up`);
    await ip(`-n ${name} link set lo up`);
    return { address, through: ["ip", "netns", "exec", name] };
  }

  /** Machines of one set and of the other don't reach each other from now on; numbers from 0, in the order of `add`. */
  async cut(ones: readonly number[], others: readonly number[]): Promise<void> {
    await this.#each(
      ones,
      others,
      (to) => `neigh replace ${to} lladdr ${NOBODYS_HARDWARE} dev eth0 nud permanent`,
    );
  }

  /** They reach each other again. */
  async heal(ones: readonly number[], others: readonly number[]): Promise<void> {
    await this.#each(ones, others, (to) => `neigh del ${to} dev eth0`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#machines) await ip(`netns del ${name}`);
    await ip(`link del ${this.#name}`);
  }

  async #each(
    ones: readonly number[],
    others: readonly number[],
    command: (to: string) => string,
  ): Promise<void> {
    for (const one of ones) {
      for (const other of others) {
        for (const [from, to] of [[one, other], [other, one]] as const) {
          await ip(`-n ${this.#machines[from]} ${command(this.#addressOf(to + 1))}`);
        }
      }
    }
  }

  #addressOf(number: number): string {
    return `${this.#subnet}.${number}`;
  }
}

/** Tells whether this computer lets a test have a network of its own. */
export async function hasTestNetwork(): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  try {
    await using network = await TestNetwork.create();
    await network.add();
    return true;
  } catch {
    return false;
  }
}

async function ip(command: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", {
    args: command.split(" "),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`ip ${command}: ${new TextDecoder().decode(stderr).trim()}`);
}
