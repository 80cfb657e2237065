/**
 * Every route of the runtime with the credential it takes, written down a second time. test/workerd/runtime-app.test.ts
 * compares it with what the app registers; test/system/separation.test.ts calls each route with every credential.
 */
export const runtimeRoutes: Record<string, "public" | "api_key"> = {
  "GET /healthz": "public",
  "GET /readyz": "public",
  "GET /v1/openapi.json": "public",
  "GET /v1/docs": "public",
  "GET /r/:token": "public",
  "POST /r/:token": "public",
  "POST /v1/webhooks/stripe/tenant/:connection_id": "public",
  "GET /v1/products": "api_key",
  "POST /v1/checkout/session": "api_key",
  "GET /v1/checkout/session/:attempt_id": "api_key",
  "POST /v1/access/check": "api_key",
  "POST /v1/access/products": "api_key",
  "POST /v1/access/shadow": "api_key",
  "POST /v1/access/recovery": "api_key",
  "POST /v1/customer/portal-session": "api_key",
  "GET /v1/customer/access/:subject_ref": "api_key",
  "GET /v1/entitlements/:subject_ref": "api_key",
  "POST /v1/usage/consume": "api_key",
  "POST /v1/usage/reserve": "api_key",
  "POST /v1/usage/settle": "api_key",
  "POST /v1/usage/release": "api_key",
  "POST /v1/usage/reverse": "api_key",
  "GET /v1/key": "api_key",
  "GET /v1/events": "api_key",
};
