/**
 * Logstash: reads a pipeline's configuration, as its grammar says, and refuses what that refuses; conditionals are
 * left out.
 * @module
 */

/** A value of an option. */
export type Value = string | number | boolean | readonly Value[] | Pairs;
/** Options of a plugin, or a hash; a name that is given twice keeps its last value. */
export interface Pairs {
  readonly [name: string]: Value;
}
/** A plugin and its options. */
export interface Plugin {
  readonly name: string;
  readonly options: Pairs;
}
/** A pipeline. */
export type Pipeline = Readonly<Record<"input" | "filter" | "output", readonly Plugin[]>>;

const TOKEN = /\s+|#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|=>|[[\]{},]|-?\d+(?:\.\d+)?|[\w-]+/y;

/** Reads `text`; throws an error that says where it is wrong. */
export function readPipeline(text: string): Pipeline {
  const tokens = tokensOf(text);
  const pipeline: Record<"input" | "filter" | "output", Plugin[]> = {
    input: [],
    filter: [],
    output: [],
  };
  while (tokens.length > 0) {
    const section = tokens.shift();
    if (section !== "input" && section !== "filter" && section !== "output") {
      throw new Error(`no section: ${section}`);
    }
    expect(tokens, "{");
    while (tokens[0] !== "}") {
      pipeline[section].push({ name: bareword(tokens), options: pairs(tokens, bareword) });
    }
    expect(tokens, "}");
  }
  return pipeline;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) throw new Error(`what is this: ${text.slice(at, at + 30)}`);
    if (!/^[\s#]/.test(token)) tokens.push(token);
  }
  return tokens;
}

function pairs(tokens: string[], name: (tokens: string[]) => string): Pairs {
  const found: Record<string, Value> = {};
  expect(tokens, "{");
  while (tokens[0] !== "}") {
    const key = name(tokens);
    expect(tokens, "=>");
    found[key] = value(tokens);
  }
  expect(tokens, "}");
  return found;
}

function value(tokens: string[]): Value {
  const [token = ""] = tokens;
  if (token === "{") return pairs(tokens, (rest) => String(value(rest)));
  if (token === "[") return list(tokens);
  tokens.shift();
  // A backslash is one: escapes are off unless `config.support_escapes` says otherwise.
  if (/^["']/.test(token)) return token.slice(1, -1);
  if (token === "true" || token === "false") return token === "true";
  if (/^-?\d/.test(token)) return Number(token);
  if (/^\w/.test(token)) return token;
  throw new Error(`no value: ${token}`);
}

function list(tokens: string[]): Value[] {
  const found: Value[] = [];
  expect(tokens, "[");
  while (tokens[0] !== "]") {
    found.push(value(tokens));
    if (tokens[0] !== "]") expect(tokens, ",");
  }
  expect(tokens, "]");
  return found;
}

function bareword(tokens: string[]): string {
  const token = tokens.shift() ?? "the end";
  if (!/^[A-Za-z_][\w-]*$/.test(token)) throw new Error(`no name: ${token}`);
  return token;
}

function expect(tokens: string[], wanted: string): void {
  const token = tokens.shift() ?? "the end";
  if (token !== wanted) throw new Error(`${token} where ${wanted} should be`);
}
