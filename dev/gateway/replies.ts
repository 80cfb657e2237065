/** The gateway's errors have the shape of the product's errors: flat, a code and a sentence. */
export function errorReply(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status });
}

/** Converts `undefined`, which JSON lacks, to `null`. */
export function jsonReply(value: unknown): Response {
  return Response.json(value ?? null);
}
