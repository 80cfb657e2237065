/** Lists of customers as operators paste and upload them. */

const refColumn = "subject_ref";

const delimiters = [",", ";", "\t"] as const;

export interface ParsedRefs {
  /** In the order of the list, each once. */
  refs: string[];
  /** How many lines named a customer again. */
  doubled: number;
}

/**
 * Parses a list of customers: one per line, or CSV with a column `subject_ref`. Without that column a line is one name, also
 * if it has commas, because names may. Quotes around a name, as in CSV, are removed.
 */
export function parseRefs(text: string): ParsedRefs {
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "");
  const header = findHeader(lines[0] ?? "");
  const names =
    header === null
      ? lines.map((line) => splitLine(line.trim(), null)[0] ?? "")
      : lines.slice(1).map((line) => splitLine(line, header.delimiter)[header.index] ?? "");
  const given = names.map((name) => name.trim()).filter((name) => name !== "");
  const refs = [...new Set(given)];
  return { refs, doubled: given.length - refs.length };
}

/** Finds the column `subject_ref` in the first line of CSV; `null` without one. */
export function findHeader(line: string): { delimiter: string; index: number } | null {
  for (const delimiter of delimiters) {
    const index = splitLine(line, delimiter).findIndex((cell) => cell.trim().toLowerCase() === refColumn);
    if (index !== -1) return { delimiter, index };
  }
  return null;
}

/** Splits a line of CSV. Without a delimiter the line is one cell. No cell spans lines: a name has no line break. */
export function splitLine(line: string, delimiter: string | null): string[] {
  const cells: string[] = [];
  let rest = line;
  for (;;) {
    const quoted = /^\s*"((?:[^"]|"")*)"\s*/.exec(rest);
    const follows = quoted === null ? "" : rest.slice(quoted[0].length);
    if (quoted !== null && (follows === "" || (delimiter !== null && follows.startsWith(delimiter)))) {
      cells.push((quoted[1] ?? "").replaceAll('""', '"'));
      if (follows === "") return cells;
      rest = follows.slice(1);
      continue;
    }
    const end = delimiter === null ? -1 : rest.indexOf(delimiter);
    if (end === -1) return [...cells, rest];
    cells.push(rest.slice(0, end));
    rest = rest.slice(end + 1);
  }
}

/** Writes a list that `parseRefs` reads exactly: CSV with one column. */
export function formatRefs(refs: readonly string[]): string {
  return [refColumn, ...refs.map((ref) => (/[",]/.test(ref) ? `"${ref.replaceAll('"', '""')}"` : ref))].join(
    "\n",
  );
}
