/**
 * Impurity: what a pure core must not do, recognised in the syntax tree.
 *
 * A core has no async, clock, chance, timers, process or console: its drivers have them, so that
 * the simulator can own them.
 * @module
 */
import { ts } from "./deps.ts";

/** Globals that a core must not touch at all. */
const GLOBALS: ReadonlySet<string> = new Set([
  "Deno",
  "console",
  "crypto",
  "fetch",
  "performance",
  "process",
  "queueMicrotask",
  "setInterval",
  "setTimeout",
]);
/** Members that a core must not call, of globals that it may otherwise use. */
const MEMBERS: ReadonlySet<string> = new Set(["Date.now", "Math.random", "Temporal.Now"]);

/** What is impure about `node` itself (not its children), in words; undefined when nothing is. */
export function impurityOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return "async";
  if (ts.isAwaitExpression(node)) return "await";
  if (ts.isNewExpression(node) && node.expression.getText() === "Date") {
    return node.arguments === undefined || node.arguments.length === 0 ? "new Date()" : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) {
    const text = `${node.expression.getText()}.${node.name.text}`;
    return MEMBERS.has(text) ? text : undefined;
  }
  return ts.isIdentifier(node) && GLOBALS.has(node.text) && isReference(node)
    ? node.text
    : undefined;
}

/** False for a member, a property name or a declaration that only happens to be called like a global. */
function isReference(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isQualifiedName(parent)) return parent.left === node;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  return (parent as ts.Node & { readonly name?: ts.Node }).name !== node;
}
