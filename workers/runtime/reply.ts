import { type ErrorCode, errorCodes } from "../../shared/contract/error-codes.ts";
import type { ErrorReply, FaultDetail } from "../../shared/contract/errors.ts";
import type { RuntimeContext } from "./request-context.ts";

/** A request that ends here. Thrown by whatever finds the fault, answered in one place (`route.ts`). */
export class RequestRefused extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly more: { details?: FaultDetail[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = "RequestRefused";
  }
}

/** A JSON reply with its request's id; all headers at once, since each that is set later costs a call into the platform. */
export function jsonReply(
  c: RuntimeContext,
  body: object,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": "application/json", "Request-Id": c.requestId, ...headers },
  });
}

/** The one place that builds an error reply of the runtime. */
export function errorReply(c: RuntimeContext, refusal: RequestRefused): Response {
  const { details, headers } = refusal.more;
  const body: ErrorReply = {
    error: refusal.code,
    message: refusal.message,
    request_id: c.requestId,
    ...(details === undefined ? {} : { details }),
  };
  return jsonReply(c, body, {
    status: errorCodes[refusal.code].status,
    ...(headers === undefined ? {} : { headers }),
  });
}
