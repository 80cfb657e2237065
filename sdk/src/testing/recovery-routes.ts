import type {
  PortalSessionReply,
  RecoveryReply,
  RecoveryRequest,
} from "../../../shared/contract/recovery.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Entitlement } from "../../../shared/domain/entitlement.ts";
import { listRecoverySteps } from "../../../shared/domain/recovery.ts";
import { ApiError } from "./api-error.ts";
import type { MemoryProject } from "./memory-project.ts";

/** Answers as the service does. Stripe's pages have addresses that lead nowhere; a checkout can be paid with `pay`. */
export function replyToRecovery(
  project: MemoryProject,
  request: RecoveryRequest,
  key: string,
  { decision, entitlements }: { decision: Decision; entitlements: Entitlement[] },
): RecoveryReply {
  const { subject_ref, product_code, return_url: url } = request;
  const { entitlementId } = decision;
  const decisive = entitlements.find((entitlement) => entitlement.entitlementId === entitlementId);
  const about = product_code ?? decisive?.productCode ?? null;
  const common = { subject_ref, product_code: about, expires_at: null, url: null, missing_permission: null };
  if (decision.allowed) return { ...common, allowed: true, reason: null, action: "none" };
  const { reason } = decision;
  for (const { action, page } of listRecoverySteps(reason, decisive?.kind ?? null)) {
    const reply = { ...common, allowed: false, reason, action };
    if (action === "wait" && decisive?.startsAt != null)
      return { ...reply, expires_at: new Date(decisive.startsAt).toISOString() };
    if (page === null) return reply;
    if (page === "checkout") {
      if (about === null) return reply;
      const urls = url === undefined ? {} : { success_url: url, cancel_url: url };
      const checkout = { subject_ref, product_code: about, ...urls };
      const { reply: opened } = project.openCheckout(checkout, `access/recovery\n${about}\n${key}`);
      if (project.isOver(opened.attempt_id))
        throw new ApiError(
          "idempotency_conflict",
          "The checkout of this Idempotency-Key is paid or has expired. Use a new key.",
        );
      return { ...reply, url: opened.checkout_url, expires_at: opened.expires_at };
    }
    if (decisive?.purchase?.customerId != null)
      return { ...reply, url: `https://billing.invalid/${page}/${decisive.purchase.customerId}` };
  }
  throw new Error(`no step of ${reason} is possible`);
}

export function replyToPortalSession(entitlements: readonly Entitlement[]): PortalSessionReply {
  const customerId = entitlements.find(({ purchase }) => purchase?.customerId != null)?.purchase?.customerId;
  if (customerId == null)
    throw new ApiError(
      "no_stripe_customer",
      "This subject never paid through Stripe. Create a checkout instead.",
    );
  return { url: `https://billing.invalid/portal/${customerId}`, mode: "test" };
}
