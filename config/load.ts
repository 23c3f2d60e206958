/**
 * Load: the configuration of a node, from flags, environment and file, or everything that is wrong
 * with it.
 *
 * Invariants:
 *   F1. A flag comes before its variable, that before the file, and that before the default.
 *   F2. Every problem is reported at once, each at the place where a person wrote it.
 *   F3. The result is deeply frozen; nothing of it is read again later.
 * @module
 */
import { z } from "../deps.ts";
import { readCalendarFiles } from "./calendar_files.ts";
import { helpText, parseArguments, readEnvironment, type Setting } from "./flags.ts";
import { checkRelations, type KnownSections, type Problem } from "./relations.ts";
import { type Config, type SectionName, SECTIONS } from "./schema.ts";

/** Where configuration comes from. */
export interface ConfigSources {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A file's text; undefined when there is no such file. May throw when it can't be read. */
  readonly readFile: (path: string) => string | undefined;
}

/** What loading comes to. */
export type LoadOutcome =
  | { readonly kind: "config"; readonly config: Config }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] }
  | { readonly kind: "help"; readonly text: string };

/** The file that is read when none is named. */
export const CONFIG_FILE_DEFAULT = "cluster.json";

/** Loads a node's configuration (F1–F3). Never throws. */
export function loadConfig(sources: ConfigSources): LoadOutcome {
  const command = parseArguments(sources.args);
  if (command.settings.some((one) => one.flag.name === "help")) {
    return { kind: "help", text: helpText() };
  }
  const settings = [...readEnvironment(sources.env), ...command.settings];
  const file = readConfigFile(sources, settings);
  const merged = overlay(file.content, settings);
  const checked = checkSections(merged);
  const calendars = readCalendarFiles(checked.sections.calendars ?? {}, sources.readFile);
  const problems = [
    ...command.problems,
    ...file.problems,
    ...calendars.problems,
    ...[...checked.problems, ...checkRelations(checked.sections)].map((problem) => ({
      ...problem,
      path: writtenAt(problem.path, settings),
    })),
  ];
  return problems.length > 0
    ? { kind: "problems", problems }
    : { kind: "config", config: deepFreeze(checked.sections as Config) };
}

/** All problems in one message, for a person at a terminal. */
export function describeProblems(problems: readonly Problem[]): string {
  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [`The configuration has ${count}:`, ...lines].join("\n");
}

type Section = Readonly<Record<string, unknown>>;

function readConfigFile(sources: ConfigSources, settings: readonly Setting[]): {
  readonly content: Section;
  readonly problems: readonly Problem[];
} {
  const named = settings.findLast((one) => one.flag.name === "config");
  const path = named === undefined ? CONFIG_FILE_DEFAULT : String(named.value);
  const wrong = (message: string) => ({ content: {}, problems: [{ path, message }] });
  try {
    const text = sources.readFile(path);
    if (text === undefined) {
      return named === undefined ? { content: {}, problems: [] } : wrong("there is no such file");
    }
    const content: unknown = JSON.parse(text);
    if (!isSection(content)) return wrong("must hold one JSON object");
    return { content, problems: prototypeKeys(content, "") };
  } catch (error) {
    return wrong(
      error instanceof SyntaxError ? `is not JSON: ${error.message}` : `can't be read: ${error}`,
    );
  }
}

/** The file with the settings in their places (F1). A section that is none stays, to be refused. */
function overlay(content: Section, settings: readonly Setting[]): Section {
  const merged: Record<string, unknown> = { ...content };
  for (const { flag, value } of settings) {
    if (flag.field === null) continue;
    const [section, name] = flag.field;
    const present = merged[section] ?? {};
    if (isSection(present)) merged[section] = { ...present, [name]: value };
  }
  return merged;
}

function checkSections(content: Section): {
  readonly sections: KnownSections;
  readonly problems: readonly Problem[];
} {
  const sections: Record<string, unknown> = {};
  const problems: Problem[] = [];
  for (const name of Object.keys(content)) {
    if (name === "$schema" || Object.hasOwn(SECTIONS, name) || name === "__proto__") continue;
    problems.push({ path: name, message: "unknown field" });
  }
  for (const name of Object.keys(SECTIONS) as SectionName[]) {
    const result = SECTIONS[name].safeParse(
      Object.hasOwn(content, name) ? content[name] : undefined,
    );
    if (result.success) sections[name] = result.data;
    else problems.push(...result.error.issues.flatMap((issue) => problemsOf(name, issue)));
  }
  return { sections, problems };
}

function problemsOf(section: string, issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.reduce<string>(
    (text, part) => typeof part === "number" ? `${text}[${part}]` : `${text}.${String(part)}`,
    section,
  );
  if (issue.code === "unrecognized_keys") {
    return issue.keys.filter((key) => key !== "__proto__")
      .map((key) => ({ path: `${path}.${key}`, message: "unknown field" }));
  }
  if (issue.code === "invalid_key") {
    return issue.issues.map(({ message }) => ({ path, message: `as a name: ${message}` }));
  }
  return [{ path, message: issue.message.replace(/^Invalid input: /, "") }];
}

/** `__proto__` is a name like any other in JSON and like none in JavaScript: refused wherever it is. */
function prototypeKeys(value: unknown, path: string): Problem[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, at) => prototypeKeys(item, `${path}[${at}]`));
  }
  if (!isSection(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return name === "__proto__"
      ? [{ path: at, message: "unknown field" }]
      : prototypeKeys(inner, at);
  });
}

/** The flag or variable that set the field at `path`; `path` itself when the file did (F2). */
function writtenAt(path: string, settings: readonly Setting[]): string {
  const setter = settings.findLast(({ flag }) => {
    const field = flag.field?.join(".");
    return field !== undefined && (path === field || path.startsWith(`${field}[`));
  });
  return setter === undefined ? path : setter.source;
}

function isSection(value: unknown): value is Section {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
