import type { ErrorDetail } from "../../../shared/contract/errors.ts";
import { ApiError } from "./api-error.ts";

export function invalidRequest(details: ErrorDetail[]): ApiError {
  const [first] = details;
  const message =
    first === undefined ? "Invalid request." : `Invalid request: \`${first.path}\` ${first.message}.`;
  return new ApiError("invalid_request", message, { details });
}
