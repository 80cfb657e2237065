import type { ErrorCode } from "../../../shared/contract/error-codes.ts";
import type { ErrorDetail } from "../../../shared/contract/errors.ts";

/** Ends a request with an error reply. */
export class ApiError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly extra: { details?: ErrorDetail[]; headers?: Record<string, string> } = {},
  ) {
    super(message);
  }
}

export function invalid(details: { path: string; message: string }[]): ApiError {
  const [first] = details;
  return new ApiError("invalid_request", `Invalid request: \`${first?.path}\` ${first?.message}.`, {
    details,
  });
}
