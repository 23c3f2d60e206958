/**
 * Apply: `apply FILE…`: schedules kept as files are made so on the cluster.
 *
 * Intuition: a file holds what `POST /schedule` takes, with an id, or an array of such; a folder stands for its JSON
 * files. Every schedule is PUT, which may be repeated as often as one likes; schedules that no file names stay.
 *
 * Invariants: P1. All files are read and checked for ids before the first schedule is sent.
 * @module
 */
import { type AnyHandlers, type Client, type Document, RefusedError } from "../../client.ts";
import { EXIT, type Program } from "../command.ts";
import { connect } from "../connection.ts";
import { table } from "../table.ts";
import type { World } from "../world.ts";

/** What the API adds to a schedule that was asked for. */
const STATE_FIELDS = [
  ...["state", "pauseNote", "createdAt", "fired", "last", "waiting", "nextAt", "version"],
];

type Spec = Document & { readonly id: string };

/** What became of one schedule. */
interface Applied {
  readonly id: string;
  readonly outcome: "created" | "changed" | "unchanged" | "refused" | "would be put";
  readonly nextAt: string | null;
  readonly why: string;
}

/** Puts the schedules of the files that the operands name. */
export const apply: Program = async (plan, world) => {
  const specs = plan.operands.flatMap((path) => filesOf(path, world))
    .flatMap((path) => readSpecs(path, world.readText(path)));
  refuseTwins(specs);
  const client = connect(plan, world);
  const applied: Applied[] = [];
  for (const spec of specs) {
    const one = plan.values["dry-run"] === true
      ? await previewed(client, spec)
      : await put(client, spec);
    applied.push(one);
  }
  const rows = applied.map(({ id, outcome, nextAt, why }) => [id, outcome, nextAt ?? "-", why]);
  world.print(
    plan.json ? JSON.stringify({ schedules: applied }) : table(rows, ["ID", "OUTCOME", "NEXT", ""]),
  );
  return applied.some(({ outcome }) => outcome === "refused") ? EXIT.refused : EXIT.done;
};

function filesOf(path: string, world: World): readonly string[] {
  const files = world.jsonFiles(path);
  if (files === undefined) return [path];
  if (files.length === 0) throw new Error(`${path} has no .json files`);
  return files;
}

function readSpecs(path: string, text: string): readonly Spec[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : error}`);
  }
  const specs: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return specs.map((spec, at) => {
    const id = (spec as { readonly id?: unknown } | null)?.id;
    if (typeof id === "string" && id !== "") return spec as Spec;
    throw new Error(`${path}: ${specs.length > 1 ? `schedule ${at + 1} ` : ""}has no id`);
  });
}

function refuseTwins(specs: readonly Spec[]): void {
  const ids = specs.map(({ id }) => id);
  const twin = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twin !== undefined) throw new Error(`${twin} is in the files twice`);
}

async function put(client: Client<AnyHandlers>, { id, ...spec }: Spec): Promise<Applied> {
  try {
    const before = await found(client, id);
    const after = await client.schedules.put(id, spec);
    const same = before !== undefined && asked(before) === asked(after);
    const outcome = before === undefined ? "created" : same ? "unchanged" : "changed";
    return { id, outcome, nextAt: after.nextAt as string | null, why: "" };
  } catch (error) {
    return refused(id, error);
  }
}

/** What the API would say of its times; the job is checked when it is put. */
async function previewed(
  client: Client<AnyHandlers>,
  { id, job: _, ...timing }: Spec,
): Promise<Applied> {
  try {
    const { next } = await client.schedules.preview(timing);
    const [first] = next as readonly { readonly at: string }[];
    return { id, outcome: "would be put", nextAt: first?.at ?? null, why: "" };
  } catch (error) {
    return refused(id, error);
  }
}

/** A refusal of one schedule stops no other; that nothing answers stops all. */
function refused(id: string, error: unknown): Applied {
  if (!(error instanceof RefusedError) || error.status === 401) throw error;
  const { detail, errors } = error.problem;
  const fields = (errors ?? []).map(({ path, message }) => `${path}: ${message}`);
  const why = fields.length === 0 ? detail : fields.join("; ");
  return { id, outcome: "refused", nextAt: null, why };
}

async function found(client: Client<AnyHandlers>, id: string): Promise<Document | undefined> {
  try {
    return await client.schedules.get(id);
  } catch (error) {
    if (error instanceof RefusedError && error.status === 404) return undefined;
    throw error;
  }
}

/** The part of a schedule that was asked for, to compare. */
function asked(schedule: Document): string {
  return JSON.stringify(
    Object.entries(schedule).filter(([name]) => !STATE_FIELDS.includes(name)),
  );
}
