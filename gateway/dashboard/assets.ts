/**
 * Assets: the dashboard's files, read once, with their addresses.
 *
 * Intuition: the address of every file but the page holds a hash of all of them. So a browser may
 * keep them for ever, and files of two versions are never mixed.
 *
 * Invariant: D1. An address never changes its content.
 * @module
 */
import { createHash } from "node:crypto";

/** One file as it is sent. */
export interface Asset {
  /** E.g. `/dashboard/3f…/pages/job.js`. */
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

/** The page and what it loads. */
export interface Dashboard {
  readonly page: string;
  /** The page's entity tag, quoted. */
  readonly tag: string;
  readonly files: readonly Asset[];
}

const TYPES: Readonly<Record<string, string>> = {
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};
const PAGE = "index.html";
const HASH_CHARS = 16;

let read: Dashboard | undefined;

/** The dashboard. The first call reads ~20 small files; throws when one is missing. */
export function dashboardAssets(): Dashboard {
  return read ??= readDashboard(new URL(".", import.meta.url));
}

function readDashboard(folder: URL): Dashboard {
  const texts = new Map(
    [...filesOf(folder)].sort().map((name) => [name, Deno.readTextFileSync(new URL(name, folder))]),
  );
  const hash = digest(JSON.stringify([...texts]));
  const base = `/dashboard/${hash}`;
  const page = (texts.get(PAGE) ?? "").replaceAll("{base}", base)
    .replace("{preloads}", preloads(base, texts));
  const files = [...texts].filter(([name]) => name !== PAGE).map(([name, text]) => ({
    path: `${base}/${name}`,
    type: TYPES[extension(name)] ?? "application/octet-stream",
    text,
  }));
  return { page, tag: `"${digest(page)}"`, files };
}

/** All modules at once, else a browser finds them one import after the other. */
function preloads(base: string, texts: ReadonlyMap<string, string>): string {
  const modules = [...texts].filter(([name, text]) =>
    extension(name) === "js" && text.includes("export ")
  );
  return modules.map(([name]) => `<link rel="modulepreload" href="${base}/${name}">`).join("");
}

/** Names of the files that browsers get, relative to `folder`. */
function* filesOf(folder: URL, within = ""): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(`./${within}`, folder))) {
    if (isDirectory) yield* filesOf(folder, `${within}${name}/`);
    else if (extension(name) in TYPES || name === PAGE) yield within + name;
  }
}

function extension(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARS);
}
