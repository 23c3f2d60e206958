/**
 * Entry: the text of a worker's entry module.
 *
 * Intuition: Deno lets a module import what it names literally without a permission to read, because the
 * files belong to the module graph. So the entry is generated, as a `data:` URL, and names each file in
 * an `import()` of its own, so that a broken file fails alone.
 * @module
 */
import type { Profile } from "../pool/protocol.ts";

/** The entry of a worker that runs the handlers of `profile`. */
export function handlerEntry(profile: Profile): string {
  const imports = profile.modules.map(({ name, url }) => [name, url] as const);
  return entry({ module: "../worker/boot.ts", start: "boot", imports });
}

/** The entry of a worker that describes the files at `urls`. */
export function describeEntry(urls: readonly string[]): string {
  const imports = urls.map((url) => [url, url] as const);
  return entry({ module: "../worker/describe.ts", start: "describeFiles", imports });
}

function entry({ module, start, imports }: {
  readonly module: string;
  readonly start: string;
  readonly imports: readonly (readonly [key: string, url: string])[];
}): string {
  const bootUrl = new URL(module, import.meta.url).href;
  const lines = imports.map(([key, url]) =>
    `[${JSON.stringify(key)},()=>import(${JSON.stringify(url)})]`
  );
  const text = `import{${start}}from ${JSON.stringify(bootUrl)};${start}([${lines.join(",\n")}]);`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}
