import { type ErrorCode, errorCodes } from "../../shared/contract/error-codes.ts";
import type { ErrorReply, FaultDetail } from "../../shared/contract/errors.ts";

/** A request that ends here. Thrown by whatever finds the fault, answered in one place (`app.ts`). */
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

/** The one place that builds an error reply of the runtime. */
export function errorReply(refusal: RequestRefused, requestId: string): Response {
  const { details, headers } = refusal.more;
  const body: ErrorReply = {
    error: refusal.code,
    message: refusal.message,
    request_id: requestId,
    ...(details === undefined ? {} : { details }),
  };
  return Response.json(body, { status: errorCodes[refusal.code].status, headers: headers ?? {} });
}
