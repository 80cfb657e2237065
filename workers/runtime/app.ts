import { openApiDocument } from "./openapi.ts";
import { jsonReply } from "./reply.ts";
import { keyed, open } from "./route.ts";
import { Router } from "./router.ts";
import { accessCheck } from "./routes/access-check.ts";
import { checkoutSession } from "./routes/checkout-session.ts";
import { customerAccess } from "./routes/customer-access.ts";
import { entitlements } from "./routes/entitlements.ts";
import { healthz, readyz } from "./routes/health.ts";
import { referencePage } from "./routes/reference-page.tsx";
import { stripeWebhook } from "./routes/stripe-webhook.ts";
import { usageConsume } from "./routes/usage-consume.ts";

export const app = new Router();

app.get("/healthz", open(healthz));
app.get("/readyz", open(readyz));

app.get(
  "/v1/openapi.json",
  open((c) => jsonReply(c, openApiDocument())),
);
app.get("/v1/docs", open(referencePage));

// Stripe signs what it sends; an API key means nothing there.
app.post("/v1/webhooks/stripe/tenant/:connection_id", open(stripeWebhook));

app.post("/v1/checkout/session", keyed(checkoutSession));
app.post("/v1/access/check", keyed(accessCheck));
app.get("/v1/customer/access/:subject_ref", keyed(customerAccess));
app.get("/v1/entitlements/:subject_ref", keyed(entitlements));
app.post("/v1/usage/consume", keyed(usageConsume));
