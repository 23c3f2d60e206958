/**
 * Words: names and marks that this repository does without.
 *
 * Unfinished work belongs in an issue, not in a comment; a rule that is switched off in place is
 * no rule; a file called after everything holds anything.
 * @module
 */
import type { FileFacts } from "./facts.ts";
import type { Finding } from "./findings.ts";

const UNFINISHED = /\b(TODO|FIXME|XXX)\b/;
const SWITCHED_OFF = /@ts-(ignore|expect-error|nocheck)|deno-lint-ignore|deno-fmt-ignore/;
const NAMED_AFTER_NOTHING = /(^|\/)(utils?|helpers?|common|types|interfaces)(\.ts|_test\.ts|\/)/;
/** Deno's runner takes these for tests: one that starts the runner would start itself without end. */
const TAKEN_FOR_TEST = /(^|\/)test\.ts$|\.test\.ts$/;

/** Every forbidden word of one file. */
export function checkWords(facts: FileFacts): Finding[] {
  const findings: Finding[] = [];
  const report = (line: number, problem: string) =>
    findings.push({ path: facts.path, line, problem });
  if (NAMED_AFTER_NOTHING.test(facts.path)) {
    report(0, "says nothing about its content: name it after its one noun");
  }
  if (TAKEN_FOR_TEST.test(facts.path)) report(0, "tests are called x_test.ts, and nothing else is");
  for (const { line } of facts.anys) {
    report(line, "`any` hides mistakes: name the type or use unknown");
  }
  for (const comment of facts.comments) {
    const unfinished = UNFINISHED.exec(comment.text);
    if (unfinished !== null) {
      report(lineWithin(comment, unfinished.index), `${unfinished[0]}: do it, or file an issue`);
    }
    const off = SWITCHED_OFF.exec(comment.text);
    if (off !== null) {
      report(lineWithin(comment, off.index), `${off[0]}: repair the cause instead`);
    }
  }
  return findings;
}

function lineWithin(comment: { readonly line: number; readonly text: string }, at: number): number {
  return comment.line + comment.text.slice(0, at).split("\n").length - 1;
}
