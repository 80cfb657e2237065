import { Hono } from "hono";
import { DependencyUnavailable } from "../../shared/kit/deadline.ts";
import { errorMessage, log } from "../../shared/kit/log.ts";
import { errorReply, RequestRefused } from "./error-reply.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { requestLine } from "./middleware/request-line.ts";
import { openApiDocument } from "./openapi.ts";
import { note, type RuntimeContext, type RuntimeHono } from "./request-context.ts";
import { accessCheck } from "./routes/access-check.ts";
import { checkoutSession } from "./routes/checkout-session.ts";
import { customerAccess } from "./routes/customer-access.ts";
import { entitlements } from "./routes/entitlements.ts";
import { healthz, readyz } from "./routes/health.ts";
import { referencePage } from "./routes/reference-page.tsx";
import { stripeWebhook } from "./routes/stripe-webhook.ts";
import { usageConsume } from "./routes/usage-consume.ts";

export const app = new Hono<RuntimeHono>();

app.use(requestLine);

app.get("/healthz", healthz);
app.get("/readyz", readyz);

app.get("/v1/openapi.json", (c) => c.json(openApiDocument()));
app.get("/v1/docs", referencePage);

// Stripe signs what it sends; an API key means nothing there.
app.post("/v1/webhooks/stripe/tenant/:connection_id", stripeWebhook);

app.post("/v1/checkout/session", authenticate, checkoutSession);
app.post("/v1/access/check", authenticate, accessCheck);
app.get("/v1/customer/access/:subject_ref", authenticate, customerAccess);
app.get("/v1/entitlements/:subject_ref", authenticate, entitlements);
app.post("/v1/usage/consume", authenticate, usageConsume);

app.notFound((c) => {
  const message = `There is no ${c.req.method} ${c.req.path}. GET /v1/docs lists every endpoint.`;
  return refuse(c, new RequestRefused("not_found", message));
});

app.onError((error, c) => refuse(c, asRefusal(error, c)));

function refuse(c: RuntimeContext, refusal: RequestRefused): Response {
  note(c, { code: refusal.code });
  return errorReply(refusal, c.get("requestId"));
}

function asRefusal(error: Error, c: RuntimeContext): RequestRefused {
  if (error instanceof RequestRefused) return error;
  const requestId = c.get("requestId");
  const dependency = error instanceof DependencyUnavailable ? error.dependency : null;
  const cause = error.cause === undefined ? undefined : errorMessage(error.cause);
  log("error", "request.failed", { requestId, route: c.req.routePath, error: errorMessage(error), cause });
  // Whether the work was done is not known here: the caller's retry with the same key settles it. Never an allow by guess.
  return new RequestRefused(
    "temporarily_unavailable",
    dependency === null
      ? "The request could not be completed. Retry it, a write with the same Idempotency-Key."
      : `The request could not be completed because ${dependency} did not answer. Retry it, a write with the same Idempotency-Key.`,
    { headers: { "Retry-After": "1" } },
  );
}
