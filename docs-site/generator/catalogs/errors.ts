import { STATUS_CODES } from "node:http";
import { type ErrorCode, errorCodes } from "../../../shared/contract/error-codes.ts";
import { code } from "../text.ts";

/** What the reader does about each code. The type makes a new code without advice an error of the compiler. */
const advice: Record<ErrorCode, string> = {
  invalid_json: "Send one JSON object in UTF-8, without a member twice.",
  invalid_request:
    "Correct each path that `details` lists. A field or query parameter that the endpoint does not document is refused too: remove it.",
  missing_idempotency_key:
    "Send an `Idempotency-Key` header that names this one operation, and reuse it when you retry. See [Idempotency](/docs/idempotency).",
  invalid_idempotency_key: "Use 1 to 255 visible ASCII characters without spaces, such as `order-10442`.",
  missing_bearer_token:
    "Send `Authorization: Bearer lz_test_…` or `lz_live_…`. Create a key in the portal under **API keys**.",
  invalid_api_key:
    "Compare the key's last four characters with the page **API keys**. If it was revoked or expired, deploy its successor. Don't retry.",
  plan_mode_not_allowed:
    "An owner sets the plan in the portal under **Plan**. Reads, checks and Stripe events continue in live mode.",
  test_mode_only:
    "Use a test key (`lz_test_…`). In live mode, webhooks deliver the events. See [Webhooks](/docs/webhooks).",
  not_found: "Check method and path against the [API reference](/docs/api).",
  product_not_found:
    "Compare `product_code` with the page **Products** of the key's project and mode. A test key doesn't see live products.",
  reservation_not_found:
    "Use the `reservation_id` that `usage/reserve` returned to the same customer, project and mode.",
  no_stripe_customer:
    "The customer never paid through Stripe, so there is no portal to open. Create a checkout instead.",
  method_not_allowed: "Use a method that the `Allow` header lists.",
  insufficient_usage:
    "Offer the customer a top-up: create a checkout for a usage pack. After it is paid, retry with the same key; the refusal was not stored.",
  reservation_closed:
    "The job was settled or released before. If you did not do it, support released the hold in the portal.",
  reservation_expired:
    "Reserve with a longer `expires_in_seconds`, up to 86,400. Support sees the unbilled units on the customer's page.",
  exceeds_reservation:
    "Settle at most what is held, or send `allow_more: true` and offer a top-up when it is refused as well.",
  already_reversed:
    "Each consume or settle can be reversed once. To give more back, an operator adds units in the portal.",
  too_many_reservations: "Find the jobs that never settle, and release their reservations.",
  idempotency_conflict:
    "Use one key per operation. Derive it from your own id of what happened, such as an order or a job.",
  idempotency_in_progress: "Retry with the same key after the `Retry-After` delay.",
  already_subscribed:
    "Don't sell the same subscription twice. If the customer is past due, send them to the payment instead of a new checkout.",
  stripe_not_connected:
    "An admin connects Stripe in the portal under **Stripe**, in this mode. See [Stripe setup](/docs/stripe-setup).",
  product_inactive: "Restore the product in the portal, or sell another one.",
  payload_too_large: "Send a smaller body. See [Limits](/docs/limits).",
  unsupported_media_type: "Send `Content-Type: application/json`.",
  rate_limited: "Wait for the `Retry-After` delay, then retry. See [Limits](/docs/limits).",
  stripe_error:
    "Read `message`: it has Stripe's reason. Retry with the same `Idempotency-Key`; a definite refusal by Stripe starts a new attempt.",
  temporarily_unavailable:
    "Retry after the `Retry-After` delay with the same `Idempotency-Key`. Never treat this reply as access.",
};

/** One heading per code, so that `docs_url` of an error reply can point to it. */
export function errorCatalog(): string {
  const statuses = [...new Set(Object.values(errorCodes).map(({ status }) => status))];
  return statuses
    .map((status) => {
      const codes = Object.entries(errorCodes).filter(([, error]) => error.status === status);
      const entries = codes.map(
        ([name, { meaning }]) =>
          `### ${code(name)} {#${name}}\n\n${meaning}\n\n**What to do:** ${advice[name as ErrorCode]}`,
      );
      return [`## ${status} ${STATUS_CODES[status]} {#status-${status}}`, ...entries].join("\n\n");
    })
    .join("\n\n");
}
