/**
 * Flags: the command line and the environment, from one table.
 *
 * Every flag that sets something has a field in `cluster.json` and a variable in the environment,
 * named after it: `--log-level` is `ORRERY_LOG_LEVEL`. Unknown flags are refused; unknown variables
 * are not, because orchestrators make variables of their own (`ORRERY_SERVICE_HOST`).
 * @module
 */
import type { Problem } from "./relations.ts";

/** One flag. */
export interface Flag {
  readonly name: string;
  /** What its value is, for the help; null: a switch, which takes none. */
  readonly value: string | null;
  /** How its text becomes a value. */
  readonly form: "text" | "integer" | "number" | "list" | "switch";
  /** The field that it sets; null: it acts on loading itself. */
  readonly field: readonly [section: string, name: string] | null;
  readonly about: string;
}

/** The table. */
export const FLAGS: readonly Flag[] = [
  flag("config", "FILE", {
    about: "the configuration file (default: cluster.json, if there is one)",
  }),
  flag("id", "NAME", { field: ["node", "id"], about: "the node's name" }),
  flag("http", "HOST:PORT", {
    field: ["node", "http"],
    about: "where the API listens; port 0: a free one",
  }),
  flag("peer", "HOST:PORT", { field: ["node", "peer"], about: "where other nodes reach this one" }),
  flag("seeds", "HOST:PORT,…", {
    form: "list",
    field: ["node", "seeds"],
    about: "nodes to join through",
  }),
  flag("roles", "ROLE,…", {
    form: "list",
    field: ["node", "roles"],
    about: "gateway, worker or both (default)",
  }),
  flag("weight", "N", {
    form: "number",
    field: ["node", "weight"],
    about: "the node's share of the work, relative to the others",
  }),
  flag("slots", "N", { form: "integer", field: ["node", "slots"], about: "jobs that run at once" }),
  flag("store", "URL", {
    field: ["store", "url"],
    about: "sqlite:PATH, or redis://HOST:PORT for a cluster",
  }),
  flag("handlers", "DIR", { field: ["handlers", "dir"], about: "folder of handler modules" }),
  flag("workers", "N", {
    form: "integer",
    field: ["executors", "workers"],
    about: "sandboxed workers",
  }),
  flag("log-level", "LEVEL", { field: ["log", "level"], about: "debug, info, warn or error" }),
  flag("insecure", null, {
    form: "switch",
    field: ["security", "insecure"],
    about: "listen beyond this machine without keys",
  }),
  flag("help", null, { form: "switch", about: "this text" }),
];

/** The variable that stands for a flag. */
export function variableOf(name: string): string {
  return `ORRERY_${name.toUpperCase().replaceAll("-", "_")}`;
}

/** A value that came from outside the file. `source` is how it was written: `--http` or `ORRERY_HTTP`. */
export interface Setting {
  readonly flag: Flag;
  readonly source: string;
  readonly value: unknown;
}

/** Reads the command line: `--flag value`, `--flag=value`, switches. Each at most once. */
export function parseArguments(args: readonly string[]): {
  readonly settings: readonly Setting[];
  readonly problems: readonly Problem[];
} {
  const settings: Setting[] = [];
  const problems: Problem[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const equals = arg.indexOf("=");
    const source = equals === -1 ? arg : arg.slice(0, equals);
    const found = FLAGS.find((one) => `--${one.name}` === source);
    if (found === undefined) {
      problems.push({ path: source, message: `unknown; --help lists what there is` });
      // The value of an unknown flag is no problem of its own.
      if (source.startsWith("--") && equals === -1 && isValue(rest[0])) rest.shift();
      continue;
    }
    const inline = equals === -1 ? undefined : arg.slice(equals + 1);
    const text = inline ?? (found.form !== "switch" && isValue(rest[0]) ? rest.shift() : undefined);
    if (settings.some((one) => one.flag === found)) {
      problems.push({ path: source, message: "is given twice" });
    } else if (text === undefined && found.form !== "switch") {
      problems.push({ path: source, message: `needs a value: ${found.value}` });
    } else {
      settings.push(settingOf(found, source, text ?? "true"));
    }
  }
  return { settings, problems };
}

/** Reads the environment; empty variables count as absent. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): Setting[] {
  return FLAGS.flatMap((one) => {
    const source = variableOf(one.name);
    const text = env[source];
    if (text === undefined || text === "" || one.name === "help") return [];
    return [settingOf(one, source, text)];
  });
}

/** The text of `--help`. */
export function helpText(): string {
  const lines = FLAGS.map((one) => {
    const left = one.value === null ? `--${one.name}` : `--${one.name} ${one.value}`;
    const where = one.field === null ? "" : `  [${variableOf(one.name)}, ${one.field.join(".")}]`;
    return `  ${left.padEnd(20)} ${one.about}${where}`;
  });
  return ["Usage: deno task node [flags]", "", ...lines, ""].join("\n") +
    "\nA flag comes before its environment variable, and that before cluster.json.\n" +
    "All fields: docs/configuration.md\n";
}

function flag(
  name: string,
  value: string | null,
  rest: { form?: Flag["form"]; field?: Flag["field"]; about: string },
): Flag {
  return { name, value, form: rest.form ?? "text", field: rest.field ?? null, about: rest.about };
}

function isValue(text: string | undefined): text is string {
  return text !== undefined && !text.startsWith("--");
}

/** Text that can't be read as its form stays text: the schema then says what is wrong with it. */
function settingOf(found: Flag, source: string, text: string): Setting {
  return { flag: found, source, value: valueOf(found, text) };
}

function valueOf(found: Flag, text: string): unknown {
  if (found.form === "list") {
    return text.split(",").map((part) => part.trim()).filter((p) => p !== "");
  }
  if (found.form === "integer") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (found.form === "number") return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (found.form === "switch") {
    return text === "true" || text === "1" ? true : text === "false" || text === "0" ? false : text;
  }
  return text;
}
