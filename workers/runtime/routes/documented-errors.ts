import { type ErrorCode, errorCodes } from "../../../shared/contract/error-codes.ts";
import { errorReplySchema } from "../../../shared/contract/errors.ts";

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

/** The error replies of one endpoint for its OpenAPI document, grouped by status, from the table of codes. */
export function documentedErrors({ body, more = [] }: { body: boolean; more?: ErrorCode[] }) {
  const codes: ErrorCode[] = [...commonCodes, ...(body ? bodyCodes : []), ...more];
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, ofStatus]) => [
        status,
        {
          description: ofStatus.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`).join("\n\n"),
          content: { "application/json": { schema: errorReplySchema } },
        },
      ]),
  );
}
