import { routePath } from "hono/route";
import { DependencyUnavailable } from "../../shared/kit/deadline.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { beginRequest, tellRequest } from "./middleware/request-line.ts";
import { errorReply, RequestRefused } from "./reply.ts";
import { note, type RuntimeContext } from "./request-context.ts";

type Handler = (c: RuntimeContext) => Response | Promise<Response>;

/**
 * What is around every route: an id for the request, one answer to whatever goes wrong, and one line that says how it ended.
 *
 * A function around each handler and not Hono's middleware: to compose three of them for each request was a good part of
 * what a check cost above its floor (docs/performance.md).
 */
export function route(handler: Handler): Handler {
  return async (c) => {
    beginRequest(c);
    const response = await answerOf(handler, c);
    tellRequest(c, response);
    return response;
  };
}

/** A route that an API key opens, and nothing else. */
export function keyedRoute(handler: Handler): Handler {
  return route(async (c) => {
    await authenticate(c);
    return handler(c);
  });
}

async function answerOf(handler: Handler, c: RuntimeContext): Promise<Response> {
  try {
    return await handler(c);
  } catch (error) {
    return refuse(error, c);
  }
}

/** The answer to whatever was thrown. */
export function refuse(error: unknown, c: RuntimeContext): Response {
  const refusal = asRefusal(error, c);
  note(c, { code: refusal.code });
  return errorReply(c, refusal);
}

function asRefusal(error: unknown, c: RuntimeContext): RequestRefused {
  if (error instanceof RequestRefused) return error;
  const cause = error instanceof Error && error.cause !== undefined ? errorMessage(error.cause) : undefined;
  log("error", "request.failed", {
    requestId: c.get("requestId"),
    route: routePath(c),
    error: errorMessage(error),
    cause,
  });
  // Whether the work was done is not known here: the caller's retry with the same key settles it. Never an allow by guess.
  return new RequestRefused(
    "temporarily_unavailable",
    error instanceof DependencyUnavailable
      ? `The request could not be completed because ${error.dependency} did not answer. Retry it, a write with the same Idempotency-Key.`
      : "The request could not be completed. Retry it, a write with the same Idempotency-Key.",
    { headers: { "Retry-After": "1" } },
  );
}
