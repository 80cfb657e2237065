import type { Refusal } from "../../../shared/contract/operations/reply.ts";
import { toHttpStatus } from "../http/call-operation.ts";
import type { PortalContext } from "../request-context.ts";
import { renderErrorPage } from "./error-page.tsx";

const titles: Record<Refusal["reason"], string> = {
  session_ended: "Your session has ended",
  not_allowed: "You don't have permission",
  reauthentication_required: "Confirm your identity",
  not_found: "Not found",
  invalid: "Can't complete this action",
  conflict: "This changed while you were editing",
  stripe: "Stripe rejected the request",
};

/** Shows a worker's refusal as a page, where there is no form to show it in. */
export function renderRefusalPage(c: PortalContext, refusal: Refusal) {
  return renderErrorPage(c, toHttpStatus(refusal), titles[refusal.reason], refusal.message);
}
