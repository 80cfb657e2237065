import { Hono } from "hono";
import { openApiDocument } from "./openapi.ts";
import { jsonReply, RequestRefused } from "./reply.ts";
import type { RuntimeHono } from "./request-context.ts";
import { keyedRoute, refuse, route } from "./route.ts";
import { accessCheck } from "./routes/access-check.ts";
import { checkoutSession } from "./routes/checkout-session.ts";
import { customerAccess } from "./routes/customer-access.ts";
import { entitlements } from "./routes/entitlements.ts";
import { healthz, readyz } from "./routes/health.ts";
import { referencePage } from "./routes/reference-page.tsx";
import { stripeWebhook } from "./routes/stripe-webhook.ts";
import { usageConsume } from "./routes/usage-consume.ts";

export const app = new Hono<RuntimeHono>();

app.get("/healthz", route(healthz));
app.get("/readyz", route(readyz));

app.get(
  "/v1/openapi.json",
  route((c) => jsonReply(c, openApiDocument())),
);
app.get("/v1/docs", route(referencePage));

// Stripe signs what it sends; an API key means nothing there.
app.post("/v1/webhooks/stripe/tenant/:connection_id", route(stripeWebhook));

app.post("/v1/checkout/session", keyedRoute(checkoutSession));
app.post("/v1/access/check", keyedRoute(accessCheck));
app.get("/v1/customer/access/:subject_ref", keyedRoute(customerAccess));
app.get("/v1/entitlements/:subject_ref", keyedRoute(entitlements));
app.post("/v1/usage/consume", keyedRoute(usageConsume));

app.notFound(
  route((c) => {
    const message = `There is no ${c.req.method} ${c.req.path}. GET /v1/docs lists every endpoint.`;
    throw new RequestRefused("not_found", message);
  }),
);

// For what goes wrong around a route: nobody is ever answered with a bare 500.
app.onError(refuse);
