/** One structured line. Never put a secret, a key, or a payload of a customer in it. */
export function log(
  level: "info" | "warn" | "error",
  event: string,
  fields: Record<string, unknown> = {},
): void {
  console[level](JSON.stringify({ level, event, ...fields }));
}

/** What may be said of a caught value in a log or an inbox row: its message, at most 500 characters. */
export function errorMessage(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
