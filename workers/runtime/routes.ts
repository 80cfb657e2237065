import type { Route } from "./http/endpoint.ts";
import { accessCheck } from "./routes/access-check.ts";
import { accessProducts } from "./routes/access-products.ts";
import { accessRecovery } from "./routes/access-recovery.ts";
import { accessShadow } from "./routes/access-shadow.ts";
import { checkoutSession } from "./routes/checkout-session.ts";
import { checkoutStatus } from "./routes/checkout-status.ts";
import { customerAccess } from "./routes/customer-access.ts";
import { customerPortalSession } from "./routes/customer-portal-session.ts";
import { entitlements } from "./routes/entitlements.ts";
import { events } from "./routes/events.ts";
import { healthz, readyz } from "./routes/health.ts";
import { key } from "./routes/key.ts";
import { products } from "./routes/products.ts";
import { pressRecoveryLink, showRecoveryLink } from "./routes/recovery-link.ts";
import { stripeWebhook } from "./routes/stripe-webhook.ts";
import { usageConsume } from "./routes/usage-consume.ts";
import { usageRelease } from "./routes/usage-release.ts";
import { usageReserve } from "./routes/usage-reserve.ts";
import { usageReverse } from "./routes/usage-reverse.ts";
import { usageSettle } from "./routes/usage-settle.ts";

/**
 * Every route of the runtime but those of its documentation (`openapi.ts`), with who may call it. The app registers from
 * this table, and the OpenAPI document lists the endpoints in its order. A test walks it with every kind of credential
 * (test/system/separation.test.ts).
 */
export const routes: readonly Route[] = [
  { method: "GET", path: "/healthz", auth: "public", handler: healthz },
  { method: "GET", path: "/readyz", auth: "public", handler: readyz },

  // Support sends these links to customers. A project's secret signs them.
  { method: "GET", path: "/r/:token", auth: "public", handler: showRecoveryLink },
  { method: "POST", path: "/r/:token", auth: "public", handler: pressRecoveryLink },

  // Stripe signs its events: an API key means nothing there.
  {
    method: "POST",
    path: "/v1/webhooks/stripe/tenant/:connection_id",
    auth: "public",
    handler: stripeWebhook,
  },

  { method: "GET", path: "/v1/products", auth: "api_key", ...products },
  { method: "POST", path: "/v1/checkout/session", auth: "api_key", ...checkoutSession },
  { method: "GET", path: "/v1/checkout/session/:attempt_id", auth: "api_key", ...checkoutStatus },
  { method: "POST", path: "/v1/access/check", auth: "api_key", ...accessCheck },
  { method: "POST", path: "/v1/access/products", auth: "api_key", ...accessProducts },
  { method: "POST", path: "/v1/access/shadow", auth: "api_key", ...accessShadow },
  { method: "POST", path: "/v1/access/recovery", auth: "api_key", ...accessRecovery },
  { method: "GET", path: "/v1/customer/access/:subject_ref", auth: "api_key", ...customerAccess },
  { method: "POST", path: "/v1/customer/portal-session", auth: "api_key", ...customerPortalSession },
  { method: "GET", path: "/v1/entitlements/:subject_ref", auth: "api_key", ...entitlements },
  { method: "POST", path: "/v1/usage/consume", auth: "api_key", ...usageConsume },
  { method: "POST", path: "/v1/usage/reserve", auth: "api_key", ...usageReserve },
  { method: "POST", path: "/v1/usage/settle", auth: "api_key", ...usageSettle },
  { method: "POST", path: "/v1/usage/release", auth: "api_key", ...usageRelease },
  { method: "POST", path: "/v1/usage/reverse", auth: "api_key", ...usageReverse },
  { method: "GET", path: "/v1/key", auth: "api_key", ...key },
  { method: "GET", path: "/v1/events", auth: "api_key", ...events },
];
