/**
 * Table: rows for people: columns as wide as their widest cell.
 * @module
 */

/** The rows as lines, two spaces between columns. Rows have equally many cells. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ??
    [];
  return rows.map((row) =>
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
