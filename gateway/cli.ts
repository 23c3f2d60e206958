/**
 * Cli: `deno task cli`: one command, one request, one answer; `keygen` and `key create` ask nobody.
 *
 * Exit codes: 0 done, 1 refused or unreachable, 2 wrong arguments.
 * @module
 */
import type { Plan } from "./cli/command.ts";
import { planCommand, USAGE } from "./cli/commands.ts";
import { chosenKey } from "./cli/credentials.ts";
import { keyCommand } from "./cli/key_command.ts";
import { keygen } from "./cli/keygen.ts";

const URL_DEFAULT = "http://127.0.0.1:8080";

/** Sends the plan's request and prints its answer; tells the exit code. */
async function run(plan: Plan): Promise<number> {
  let headers: Readonly<Record<string, string>>;
  try {
    headers = { ...plan.headers, ...keyHeader(plan) };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
  let response: Response;
  try {
    response = await fetch(new URL(plan.path, plan.url), {
      method: plan.method,
      headers,
      // A key is for the node that was asked, not for whom it points to.
      redirect: "manual",
      ...(plan.body !== null && { body: plan.body }),
    });
  } catch (error) {
    console.error(`cannot reach ${plan.url}: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
  const text = await response.text();
  if (plan.json) console.log(text);
  else if (response.ok) console.log(plan.show(JSON.parse(text)));
  else console.error(refusalText(response.status, text));
  return response.ok ? 0 : 1;
}

/** Throws when a key is named that is none. */
function keyHeader({ credentials }: Plan): Readonly<Record<string, string>> {
  const [ORRERY_KEY, ORRERY_KEY_FILE] = ["ORRERY_KEY", "ORRERY_KEY_FILE"].map((name) =>
    Deno.env.get(name)
  );
  const key = chosenKey(credentials, { ORRERY_KEY, ORRERY_KEY_FILE }, Deno.readTextFileSync);
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

function refusalText(status: number, text: string): string {
  try {
    const { title, detail } = JSON.parse(text) as { title?: string; detail?: string };
    return `${status} ${title ?? "refused"}: ${detail ?? ""}`;
  } catch {
    return `${status} ${text.slice(0, 200)}`;
  }
}

if (import.meta.main && (Deno.args[0] === "keygen" || Deno.args[0] === "key")) {
  const rest = Deno.args.slice(1);
  const { code, text } = Deno.args[0] === "keygen" ? await keygen(rest) : keyCommand(rest, {
    nowMs: Date.now(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  });
  if (code === 0) console.log(text);
  else console.error(text);
  Deno.exit(code);
}

if (import.meta.main) {
  const plan = planCommand(Deno.args, Deno.env.get("ORRERY_URL") ?? URL_DEFAULT);
  if (plan.kind === "plan") {
    Deno.exit(await run(plan));
  } else {
    if (plan.problem !== null) console.error(`${plan.problem}\n`);
    console.error(USAGE);
    Deno.exit(plan.problem === null ? 0 : 2);
  }
}
