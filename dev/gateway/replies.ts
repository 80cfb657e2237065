/** The gateway's own errors look like those of the product: flat, a code and a sentence. */
export function errorReply(status: number, error: string, message: string): Response {
  return Response.json({ error, message }, { status });
}

/** RPC functions may return nothing, which JSON has no word for. */
export function jsonReply(value: unknown): Response {
  return Response.json(value ?? null);
}
