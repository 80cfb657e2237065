import { type ErrorCode, errorCodes } from "../../../shared/contract/error-codes.ts";
import { errorReplySchema } from "../../../shared/contract/errors.ts";

const ofEveryKeyedRoute = [
  "invalid_request",
  "missing_bearer_token",
  "invalid_api_key",
  "rate_limited",
  "temporarily_unavailable",
] as const satisfies ErrorCode[];

const ofEveryBody = [
  "invalid_json",
  "payload_too_large",
  "unsupported_media_type",
] as const satisfies ErrorCode[];

/** The error answers of one route for its OpenAPI document, grouped by status, from the one table of codes. */
export function documentedErrors({ body, more = [] }: { body: boolean; more?: ErrorCode[] }) {
  const codes: ErrorCode[] = [...ofEveryKeyedRoute, ...(body ? ofEveryBody : []), ...more];
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
