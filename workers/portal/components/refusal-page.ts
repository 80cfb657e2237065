import type { Refusal } from "../../../shared/contract/operations/reply.ts";
import { toHttpStatus } from "../http/call-operation.ts";
import type { PortalContext } from "../request-context.ts";
import { renderErrorPage } from "./error-page.tsx";

const titles: Record<Refusal["reason"], string> = {
  session_ended: "Your session has ended",
  not_allowed: "Your role does not reach here",
  reauthentication_required: "Confirm that it is you",
  not_found: "There is no such thing",
  invalid: "That can't be done as it is",
  conflict: "Something else happened meanwhile",
  stripe: "Stripe did not go along",
};

/** Shows a worker's refusal as a page, where there is no form to show it in. */
export function renderRefusalPage(c: PortalContext, refusal: Refusal) {
  return renderErrorPage(c, toHttpStatus(refusal), titles[refusal.reason], refusal.message);
}
