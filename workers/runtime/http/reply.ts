import type { ApiContext } from "../request-context.ts";

/** Every reply is personal or may change at any time, and none is what a browser might guess it to be. */
export const commonHeaders = { "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff" } as const;

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
    headers: {
      ...commonHeaders,
      "Content-Type": "application/json",
      "Request-Id": c.get("requestId"),
      ...headers,
    },
  });
}
