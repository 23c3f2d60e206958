/**
 * Traces as tests look at them: spans by their names, and the tree that they make.
 * @module
 */
import assert from "node:assert/strict";
import type { ReceivedSpan } from "./otlp_collector.ts";

/** The one span of that name. */
export function spanNamed(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name} among ${spans.map(({ name }) => name)}`);
  return found[0] as ReceivedSpan;
}

/**
 * One line for each span, children under their parents, in the order in which they began:
 * `  process default @b error: too early`. Spans whose parents are not there come first.
 */
export function treeOf(spans: readonly ReceivedSpan[]): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const under = (parents: (id: string) => boolean, depth: number): string[] =>
    spans.filter(({ parentId }) => parents(parentId))
      .sort((one, other) => one.beganNs < other.beganNs ? -1 : 1)
      .flatMap((span) => [
        `${"  ".repeat(depth)}${lineOf(span)}`,
        ...under((id) => id === span.spanId, depth + 1),
      ]);
  return under((id) => !ids.has(id), 0);
}

function lineOf({ name, resource, status }: ReceivedSpan): string {
  const error = status.code === 2 ? ` error: ${status.message}` : "";
  return `${name} @${resource["service.instance.id"]}${error}`;
}
