import { errorCodes } from "../../../shared/contract/error-codes.ts";
import type { ErrorReply } from "../../../shared/contract/errors.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { DependencyUnavailableError } from "../../../shared/kit/timeout.ts";
import { type ApiContext, addLogFields } from "../request-context.ts";
import { ApiError } from "./api-error.ts";
import { jsonReply } from "./reply.ts";
import { routePattern } from "./route-pattern.ts";

/** Builds the reply to whatever was thrown: the only place that builds an error reply. No request gets a bare 500. */
export function toErrorResponse(thrown: unknown, c: ApiContext): Response {
  const error = thrown instanceof ApiError ? thrown : toUnavailable(thrown, c);
  const { details, headers } = error.extra;
  addLogFields(c, { code: error.code });
  const body: ErrorReply = {
    error: error.code,
    message: error.message,
    request_id: c.get("requestId"),
    // The portal serves the site on the same origin.
    docs_url: `${new URL(c.req.url).origin}/docs/errors#${error.code}`,
    ...(details === undefined ? {} : { details }),
  };
  return jsonReply(c, body, {
    status: errorCodes[error.code].status,
    ...(headers === undefined ? {} : { headers }),
  });
}

/** What callers know our dependencies as. */
const publicNames: Record<string, string> = {
  D1: "database",
  Keyring: "API keys",
  Subject: "customer data",
};

/** Whether the work was done is unknown here: a retry with the same key settles it. Access is never granted by guess. */
function toUnavailable(thrown: unknown, c: ApiContext): ApiError {
  const cause =
    thrown instanceof Error && thrown.cause !== undefined ? errorMessage(thrown.cause) : undefined;
  const route = routePattern(c);
  log("error", "request.failed", {
    requestId: c.get("requestId"),
    route,
    error: errorMessage(thrown),
    cause,
  });
  const name = thrown instanceof DependencyUnavailableError ? publicNames[thrown.dependency] : undefined;
  const isKeyed = c.req.header("Idempotency-Key") !== undefined;
  return new ApiError(
    "temporarily_unavailable",
    `Temporarily unavailable${name === undefined ? "" : ` (${name})`}. Retry ${isKeyed ? "with the same Idempotency-Key" : "the request"}.`,
    { headers: { "Retry-After": "1" } },
  );
}
