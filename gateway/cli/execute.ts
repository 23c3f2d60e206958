/**
 * Execute: does what the arguments ask for, and tells the exit code.
 *
 * Invariants: X1. stdout gets what was asked for and nothing else; what went wrong goes to stderr, but for a refusal
 * with `--json`, which is an answer. X2. No key is ever shown.
 * @module
 */
import { type ProblemDocument, RefusedError, UnreachableError } from "../client.ts";
import { problemOf } from "../client/failures.ts";
import { EXIT, type ExitCode, type Plan, type ProgramPlan } from "./command.ts";
import { helpText, planCommand } from "./commands.ts";
import { keyHeader, URL_DEFAULT } from "./connection.ts";
import { PROGRAM } from "./help.ts";
import type { World } from "./world.ts";

/** Shown with `--version`. */
export interface Program {
  readonly version: string;
}

/** Runs the command that `args` are. */
export async function execute(
  args: readonly string[],
  world: World,
  { version }: Program,
): Promise<ExitCode> {
  const plan = planCommand(args, world.env("ORRERY_URL") || URL_DEFAULT, world.readText);
  switch (plan.kind) {
    case "plan":
      return await guarded(() => send(plan, world), plan, world);
    case "program":
      return await guarded(() => plan.run(plan, world), plan, world);
    case "version":
      world.print(version);
      return EXIT.done;
    case "usage":
      break;
  }
  if (plan.problem === null) {
    world.print(helpText(plan.command));
    return EXIT.done;
  }
  const command = plan.command === null ? "" : `${plan.command} `;
  world.complain(`${plan.problem}\n${PROGRAM} ${command}--help says more.`);
  return EXIT.usage;
}

/** Sends the request and shows its answer; then whatever goes on from there. */
async function send(plan: Plan, world: World): Promise<ExitCode> {
  const headers = { ...plan.headers, ...keyHeader(plan, world) };
  let response: Response;
  let text: string;
  try {
    response = await world.fetch(new URL(plan.path, plan.url), {
      method: plan.method,
      headers,
      // A key is for the node that was asked, not for whom it points to.
      redirect: "manual",
      ...(plan.body !== null && { body: plan.body }),
    });
    text = await response.text();
  } catch (error) {
    throw new UnreachableError(plan.url, error);
  }
  if (!response.ok) throw new RefusedError(problemOf(response, text));
  const answer = readAnswer(text, plan.url);
  const shown = plan.json ? text.trimEnd() : plan.show(answer);
  if (shown !== "") world.print(shown);
  const next = plan.next?.(answer);
  return next === undefined ? EXIT.done : await next.run(next, world);
}

function readAnswer(text: string, url: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnreachableError(url, new Error("what answers there is no node of Orrery"));
  }
}

/** What a failure becomes: words, and a code. */
async function guarded(
  run: () => Promise<ExitCode>,
  { json, url }: Plan | ProgramPlan,
  world: World,
): Promise<ExitCode> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RefusedError) {
      if (json) world.print(JSON.stringify(error.problem));
      else world.complain(refusalText(error.problem));
      return [429, 502, 503, 504].includes(error.status) ? EXIT.unreachable : EXIT.refused;
    }
    if (error instanceof UnreachableError) {
      const why = error.cause instanceof Error ? error.cause.message : String(error.cause);
      world.complain(
        `cannot reach ${url}: ${why}\nIs a node running there? --url or ORRERY_URL names another.`,
      );
      return EXIT.unreachable;
    }
    world.complain(error instanceof Error ? error.message : String(error));
    return EXIT.usage;
  } finally {
    world.status?.("");
  }
}

function refusalText({ status, title, detail, errors }: ProblemDocument): string {
  const fields = (errors ?? []).map(({ path, message }) => `\n  ${path || "body"}: ${message}`);
  const hint = status === 401
    ? "\nShow a key: --key-file FILE, $ORRERY_KEY or $ORRERY_KEY_FILE."
    : "";
  return `${status} ${title}: ${detail ?? ""}${fields.join("")}${hint}`;
}
