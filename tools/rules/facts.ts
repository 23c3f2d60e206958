/**
 * Facts: what one source file contains, as far as the rules of this repository ask.
 *
 * Intuition: the file is parsed once by the TypeScript compiler; the checkers (imports, sizes,
 * words) judge the facts and never look at text themselves. So a rule can't be fooled by a brace
 * in a string or a keyword in a comment.
 *
 * Not here: which files there are (`source_files.ts`) and what is allowed (the checkers).
 * @module
 */
import { ts } from "./deps.ts";
import { impurityOf } from "./impurity.ts";

/** A file as read. `path` is relative to the repository's root, with `/`. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A thing found at a line (1 is the first). */
export interface Located {
  readonly line: number;
  readonly text: string;
}

/** A function of any form. `lines` counts from its first token to its last brace. */
export interface FunctionFact {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** A top-level exported declaration. */
export interface ExportFact {
  readonly name: string;
  readonly line: number;
  readonly documented: boolean;
}

/** Everything the rules ask of one file. */
export interface FileFacts {
  readonly path: string;
  readonly lines: number;
  /** Lines that hold nothing but comment. */
  readonly commentLines: number;
  /** Lines that hold any code. */
  readonly codeLines: number;
  /** Module specifiers, of static and dynamic imports and re-exports. */
  readonly imports: readonly Located[];
  readonly functions: readonly FunctionFact[];
  readonly exports: readonly ExportFact[];
  /** Uses of the type `any`. */
  readonly anys: readonly Located[];
  /** What a pure core must not do. */
  readonly impurities: readonly Located[];
  readonly comments: readonly Located[];
}

/** Parses `file` and gathers its facts. Cost: O(size), ~1 ms per 100 lines. */
export function factsOf(file: SourceFile): FileFacts {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const lineOf = (at: number) => tree.getLineAndCharacterOfPosition(at).line + 1;
  const found = {
    imports: [] as Located[],
    functions: [] as FunctionFact[],
    anys: [] as Located[],
    impurities: [] as Located[],
  };
  const visit = (node: ts.Node): void => {
    const line = lineOf(node.getStart(tree));
    const specifier = specifierOf(node);
    if (specifier !== undefined) found.imports.push({ line, text: specifier });
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.anys.push({ line, text: "any" });
    const impurity = impurityOf(node);
    if (impurity !== undefined) found.impurities.push({ line, text: impurity });
    if (isFunction(node)) {
      found.functions.push({ name: nameOf(node), line, lines: lineOf(node.getEnd()) - line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return {
    path: file.path,
    ...found,
    exports: exportsOf(tree, lineOf),
    ...linesOf(file.text, tree),
  };
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const from = node.moduleSpecifier;
    return from !== undefined && ts.isStringLiteral(from) ? from.text : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const from = node.arguments[0];
    return from !== undefined && ts.isStringLiteralLike(from) ? from.text : undefined;
  }
  return undefined;
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return (ts.isFunctionDeclaration(node) || ts.isFunctionExpression(node) ||
    ts.isArrowFunction(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node) ||
    ts.isConstructorDeclaration(node)) && node.body !== undefined;
}

function nameOf(node: ts.FunctionLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name !== undefined) return node.name.getText();
  const parent = node.parent;
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : "(anonymous)";
}

function exportsOf(tree: ts.SourceFile, lineOf: (at: number) => number): ExportFact[] {
  const facts: ExportFact[] = [];
  const seen = new Set<string>();
  for (const statement of tree.statements) {
    if (!ts.canHaveModifiers(statement)) continue;
    const exported = ts.getModifiers(statement)?.some((m) =>
      m.kind === ts.SyntaxKind.ExportKeyword
    );
    if (exported !== true) continue;
    const documented = ts.getJSDocCommentsAndTags(statement).length > 0;
    for (const name of declaredNames(statement)) {
      // Overloads are one export; the first declaration carries its documentation.
      if (seen.has(name)) continue;
      seen.add(name);
      facts.push({ name, line: lineOf(statement.getStart(tree)), documented });
    }
  }
  return facts;
}

function declaredNames(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  }
  const name = (statement as ts.Statement & { readonly name?: ts.Identifier }).name;
  return [name?.text ?? "default"];
}

/** Walks the tokens: what lies between them is space and comment, whatever strings may contain. */
function linesOf(text: string, tree: ts.SourceFile) {
  const lineOf = (at: number) => tree.getLineAndCharacterOfPosition(at).line;
  const code = new Set<number>();
  const comment = new Set<number>();
  const comments: Located[] = [];
  const ranges = new Map<number, ts.CommentRange>();
  const mark = (lines: Set<number>, from: number, to: number) => {
    for (let line = lineOf(from); line <= lineOf(to); line++) lines.add(line);
  };
  const visit = (node: ts.Node): void => {
    // JSDoc hangs in the tree as nodes of its own, and is found as comment ranges like the rest.
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) {
      return;
    }
    const children = node.getChildren(tree);
    if (children.length > 0) return children.forEach(visit);
    for (const range of ts.getLeadingCommentRanges(text, node.pos) ?? []) {
      ranges.set(range.pos, range);
    }
    for (const range of ts.getTrailingCommentRanges(text, node.end) ?? []) {
      ranges.set(range.pos, range);
    }
    if (node.getStart(tree) < node.end) mark(code, node.getStart(tree), node.end - 1);
  };
  visit(tree);
  for (const range of ranges.values()) {
    mark(comment, range.pos, range.end - 1);
    comments.push({ line: lineOf(range.pos) + 1, text: text.slice(range.pos, range.end) });
  }
  const lines = text === "" ? 0 : text.trimEnd().split("\n").length;
  const commentLines = [...comment].filter((line) => !code.has(line)).length;
  return { lines, commentLines, codeLines: code.size, comments };
}
