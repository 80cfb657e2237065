import type Stripe from "stripe";
import { newId } from "../ids.ts";
import { type Fields, group, oneOf, optional, text } from "../params.ts";
import { type Route, route } from "../router.ts";
import type { StripeObjects } from "../wire.ts";
import { webUrl } from "./web-url.ts";

const createFields = {
  // Stripe also accepts a session without a customer's own portal, for accounts. Licenzy never creates one.
  customer: text(),
  return_url: optional(webUrl),
  flow_data: optional(
    group({ type: oneOf("payment_method_update") } satisfies Fields &
      Partial<Record<keyof Stripe.BillingPortal.SessionCreateParams.FlowData, unknown>>),
  ),
} satisfies Fields & Partial<Record<keyof Stripe.BillingPortal.SessionCreateParams, unknown>>;

export const billingPortalRoutes: Route[] = [
  route("POST", "/v1/billing_portal/sessions", "rak_customer_portal", createFields, ({ context, params }) => {
    const { id: customer } = context.objects.get("customer", params.customer, "customer");
    const id = newId("bps");
    const session: StripeObjects["billing_portal.session"] = {
      id,
      object: "billing_portal.session",
      configuration: "bpc_pocket",
      created: context.now,
      customer,
      customer_account: null,
      flow:
        params.flow_data === undefined
          ? null
          : {
              after_completion: { hosted_confirmation: null, redirect: null, type: "portal_homepage" },
              customer_update: null,
              subscription_cancel: null,
              subscription_pause: null,
              subscription_update: null,
              subscription_update_confirm: null,
              type: params.flow_data.type,
            },
      livemode: context.scope.livemode,
      locale: null,
      on_behalf_of: null,
      return_url: params.return_url ?? null,
      url: `${context.publicOrigin}/pocket-stripe/portal/${id}`,
    };
    context.objects.insert(session, { created: context.now });
    return session;
  }),
];
