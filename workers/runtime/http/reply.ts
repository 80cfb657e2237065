import type { ApiContext } from "../request-context.ts";

/**
 * A JSON reply with the request's id. A raw `Response` with all headers at once: `c.json` and `c.header` cost several calls
 * into the platform per reply.
 */
export function jsonReply(
  c: ApiContext,
  body: object,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", "Request-Id": c.get("requestId"), ...headers },
  });
}
