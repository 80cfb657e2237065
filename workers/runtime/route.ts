import { errorMessage, log } from "../../shared/kit/log.ts";
import { DependencyUnavailableError } from "../../shared/kit/timeout.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { tellRequest } from "./middleware/request-line.ts";
import { errorReply, RequestRefused } from "./reply.ts";
import type { RuntimeContext } from "./request-context.ts";

export type Handler = (c: RuntimeContext) => Response | Promise<Response>;

/** What answers a path. */
export interface Route {
  handler: Handler;
  /** Whether an API key opens it, and nothing else. */
  isKeyed: boolean;
}

/** A route that asks nobody who they are. */
export const open = (handler: Handler): Route => ({ handler, isKeyed: false });

/** A route that only a caller with an API key gets into. */
export const keyed = (handler: Handler): Route => ({ handler, isKeyed: true });

/** What is around every route: the key, one answer to whatever goes wrong, and one line that says how it ended. */
export async function answer(c: RuntimeContext, { handler, isKeyed }: Route): Promise<Response> {
  let response: Response;
  try {
    if (isKeyed) await authenticate(c);
    response = await handler(c);
  } catch (error) {
    response = refuse(error, c);
  }
  tellRequest(c, response);
  return response;
}

/** The answer to whatever was thrown: nobody is ever answered with a bare 500. */
function refuse(error: unknown, c: RuntimeContext): Response {
  const refusal = asRefusal(error, c);
  c.note({ code: refusal.code });
  return errorReply(c, refusal);
}

function asRefusal(error: unknown, { requestId, route }: RuntimeContext): RequestRefused {
  if (error instanceof RequestRefused) return error;
  const cause = error instanceof Error && error.cause !== undefined ? errorMessage(error.cause) : undefined;
  log("error", "request.failed", { requestId, route, error: errorMessage(error), cause });
  // Whether the work was done is not known here: the caller's retry with the same key settles it. Never an allow by guess.
  return new RequestRefused(
    "temporarily_unavailable",
    error instanceof DependencyUnavailableError
      ? `The request could not be completed because ${error.dependency} did not answer. Retry it, a write with the same Idempotency-Key.`
      : "The request could not be completed. Retry it, a write with the same Idempotency-Key.",
    { headers: { "Retry-After": "1" } },
  );
}
