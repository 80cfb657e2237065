import { toSnakeCase } from "../case.ts";

/** Where a command writes. Lines have no line break at their end. */
export interface Streams {
  out: (line: string) => void;
  error: (line: string) => void;
}

/**
 * Writes a command's result: lines for people, or with `--json` one JSON object per line, with the API's names. Never
 * writes an API key, whatever a message contains.
 */
export class Output {
  constructor(
    private readonly streams: Streams,
    readonly isJson: boolean,
  ) {}

  /** Writes a result in one of its two forms. */
  result(value: object, lines: readonly string[]): void {
    if (this.isJson) this.streams.out(withoutKeys(JSON.stringify(toSnakeCase(value))));
    else for (const line of lines) this.streams.out(withoutKeys(line));
  }

  /** Writes a line for people to standard error, so that standard output has results only. */
  note(line: string): void {
    this.streams.error(withoutKeys(line));
  }
}

export function withoutKeys(text: string): string {
  return text.replaceAll(/lz_(test|live)_[A-Za-z0-9_-]+/g, "lz_$1_…");
}

/** Aligns rows in columns, two spaces apart. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, index) => Math.max(known[index] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
