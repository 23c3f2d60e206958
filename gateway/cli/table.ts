/**
 * Table: rows and single things for people: columns as wide as their widest cell.
 * @module
 */

/** The rows as lines, two spaces between columns, below `header`; nothing when there are none. Rows have equally many cells. */
export function table(
  rows: readonly (readonly string[])[],
  header?: readonly string[],
): string {
  if (rows.length === 0) return "";
  const all = header === undefined ? rows : [header, ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  ).join("\n");
}

/** A page as text; below it, when it is not the last one, which option goes on. */
export function pageText(
  rows: string,
  { option, cursor }: { readonly option: string; readonly cursor: unknown },
): string {
  const more = cursor === null ? [] : [`more: --${option} ${cursor}`];
  return [...(rows === "" ? [] : [rows]), ...more].join("\n");
}

/** One thing: a line per field that has a value. Texts stand as they are, everything else as JSON. */
export function card(thing: Readonly<Record<string, unknown>>): string {
  return table(
    Object.entries(thing).filter(([, value]) => !isNothing(value)).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
