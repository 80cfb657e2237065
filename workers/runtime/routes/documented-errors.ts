import { type ErrorCode, errorCodes } from "../../../shared/contract/error-codes.ts";
import { errorReplySchemaOf } from "../../../shared/contract/errors.ts";
import { errorHeaders } from "./reply-headers.ts";

const commonCodes = [
  "invalid_request",
  "missing_bearer_token",
  "invalid_api_key",
  "rate_limited",
  "temporarily_unavailable",
] as const satisfies ErrorCode[];

const bodyCodes = [
  "invalid_json",
  "payload_too_large",
  "unsupported_media_type",
] as const satisfies ErrorCode[];

/**
 * The error replies of one endpoint for its OpenAPI document, grouped by status, from the table of codes. The schema of
 * each names its codes, so that a generated client can distinguish them. `decision`: the customer's object decides refusals, which then have the id of the decision.
 */
export function documentedErrors({
  body,
  decision = false,
  more = [],
}: {
  body: boolean;
  decision?: boolean;
  more?: ErrorCode[];
}) {
  const codes: ErrorCode[] = [...commonCodes, ...(body ? bodyCodes : []), ...more];
  const statuses = [...new Set(codes.map((code) => errorCodes[code].status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = codes.filter((code) => errorCodes[code].status === status);
      return [
        status,
        {
          description: ofStatus.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`).join("\n\n"),
          headers: errorHeaders(status, {
            decision: decision && (status === 404 || status === 409),
            isDelayed: ofStatus.includes("idempotency_in_progress"),
          }),
          content: { "application/json": { schema: errorReplySchemaOf(ofStatus) } },
        },
      ];
    }),
  );
}
