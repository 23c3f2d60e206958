/**
 * Planned: the plan that arguments become, or what is wrong with them.
 * @module
 */
import assert from "node:assert/strict";
import type { Plan, ReadText } from "../command.ts";
import { planCommand } from "../commands.ts";

function noFiles(path: string): string {
  throw new Error(`no such file: ${path}`);
}

/** The request that `args` are; fails when they are none. */
export function planned(args: readonly string[], readText: ReadText = noFiles): Plan {
  const plan = planCommand(args, "http://node:1", readText);
  return plan.kind === "plan" ? plan : assert.fail(`no plan: ${JSON.stringify(plan)}`);
}

/** What is wrong with `args`, null for a wish for help; fails when there is a plan. */
export function problemOf(args: readonly string[], readText: ReadText = noFiles): string | null {
  const plan = planCommand(args, "http://node:1", readText);
  return plan.kind === "usage" ? plan.problem : assert.fail(`there is a ${plan.kind}`);
}
