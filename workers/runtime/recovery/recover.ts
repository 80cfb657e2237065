import type { RecoveryRequest } from "../../../shared/contract/recovery.ts";
import type { Decision } from "../../../shared/domain/decision.ts";
import type { Entitlement, Moment } from "../../../shared/domain/entitlement.ts";
import { listRecoverySteps, type RecoveryStep } from "../../../shared/domain/recovery.ts";
import { claimAttempt, notConnectedError } from "../checkout/claim-attempt.ts";
import { finishAttempt } from "../checkout/finish-attempt.ts";
import type { RuntimeEnv } from "../env.ts";
import { ApiError } from "../http/api-error.ts";
import type { Purchaser } from "../request-context.ts";
import { createConnectionStripeClient } from "../stripe-connection/create-stripe-client.ts";
import type { RecoveryInputs } from "./claim-request.ts";
import { findInvoicePage, openPortal, type StripePage } from "./stripe-pages.ts";

type DeniedDecision = Extract<Decision, { allowed: false }>;

/** What a denied customer can do now. URLs are made for this answer and stored nowhere. */
export interface Recovery {
  action: RecoveryStep["action"];
  url: string | null;
  /** When a checkout's URL expires, or when access starts. */
  expiresAt: Moment | null;
  productCode: string | null;
  missingPermission: string | null;
}

interface Situation {
  env: RuntimeEnv;
  caller: Purchaser;
  request: RecoveryRequest;
  idempotencyKey: string;
  decision: DeniedDecision;
  entitlements: Entitlement[];
  inputs: RecoveryInputs;
  now: Moment;
}

/** Finds the first step that is possible, and makes its URL. Throws where Stripe does not answer. */
export async function recover(situation: Situation): Promise<Recovery> {
  const { decision, entitlements, request } = situation;
  const decisive = entitlements.find(({ entitlementId }) => entitlementId === decision.entitlementId) ?? null;
  const productCode = request.product_code ?? decisive?.productCode ?? null;
  let missingPermission: string | null = null;
  for (const { action, page } of listRecoverySteps(decision.reason, decisive?.kind ?? null)) {
    const none = { action, url: null, expiresAt: null, productCode, missingPermission };
    if (action === "wait") return { ...none, expiresAt: decisive?.startsAt ?? null };
    if (page === null) return none;
    if (page === "checkout") {
      if (productCode === null) return none;
      const sold = chooseProduct(situation, productCode);
      if (sold !== null) return { ...none, ...(await sell(situation, sold)), productCode: sold };
      continue;
    }
    const found = await findPage(situation, page, decisive);
    if (found.outcome === "found") return { ...none, url: found.url };
    if (found.outcome === "forbidden") missingPermission ??= found.permission;
  }
  throw new Error(`no step of ${decision.reason} is possible`);
}

async function findPage(
  { env, caller, request, entitlements, inputs }: Situation,
  page: "invoice" | "payment_method" | "portal",
  decisive: Entitlement | null,
): Promise<StripePage> {
  const subscriptionId = decisive?.purchase?.subscriptionId ?? null;
  const customerId = decisive?.purchase?.customerId ?? findStripeCustomer(entitlements, inputs);
  const none: StripePage = { outcome: "none", message: "Stripe does not know the customer." };
  if (page === "invoice" ? subscriptionId === null : customerId === null) return none;
  if (inputs.connection === null) throw notConnectedError(caller);
  const stripe = await createConnectionStripeClient(env, inputs.connection);
  if (page === "invoice") return findInvoicePage(stripe, subscriptionId ?? "");
  const start = page === "payment_method" ? "payment_method" : "overview";
  return openPortal(stripe, customerId ?? "", request.return_url, start);
}

/** Returns the Stripe customer of the newest purchase, or else the one that checkouts reuse. */
export function findStripeCustomer(
  entitlements: readonly Entitlement[],
  { stripeCustomerId }: RecoveryInputs,
): string | null {
  const newest = entitlements.toSorted((a, b) => b.createdAt - a.createdAt);
  return (
    newest.find(({ purchase }) => purchase?.customerId != null)?.purchase?.customerId ?? stripeCustomerId
  );
}

/**
 * Returns the product to sell: the one that the product names, else the same again. `null` when it is archived, unless
 * the request names it: then the checkout refuses it, and says why.
 */
function chooseProduct({ request, inputs }: Situation, productCode: string): string | null {
  const find = (code: string) => inputs.products.find((each) => each.productCode === code);
  const product = find(productCode);
  const instead = product?.sellInstead ?? null;
  if (instead !== null && find(instead)?.archivedAt === null) return instead;
  return request.product_code !== undefined || product?.archivedAt === null ? productCode : null;
}

/** Opens a checkout as `checkout/session` does. Its own key follows from this one, so a repeated request opens no second one. */
async function sell({ env, caller, request, idempotencyKey, now }: Situation, productCode: string) {
  const { subject_ref, return_url: url } = request;
  const checkout = {
    subject_ref,
    product_code: productCode,
    ...(url === undefined ? {} : { success_url: url, cancel_url: url }),
  };
  // A key from a header has no line break, so none of a checkout's own is the same.
  const key = `access/recovery\n${productCode}\n${idempotencyKey}`;
  const claim = await claimAttempt(env, caller, checkout, key, now);
  const attempt = claim.outcome === "done" ? claim.attempt : await finishAttempt(env, claim, now);
  const isOver = attempt.status === "finalized" || (attempt.expiresAt ?? 0) <= now;
  if (isOver)
    throw new ApiError(
      "idempotency_conflict",
      "The checkout of this Idempotency-Key is paid or has expired. Use a new key.",
    );
  return { url: attempt.checkoutUrl, expiresAt: attempt.expiresAt };
}
