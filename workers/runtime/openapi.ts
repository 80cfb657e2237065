import { OpenAPIHono } from "@hono/zod-openapi";
import { accessCheckDocs } from "./routes/access-check.ts";
import { checkoutSessionDocs } from "./routes/checkout-session.ts";
import { customerAccessDocs } from "./routes/customer-access.ts";
import { entitlementsDocs } from "./routes/entitlements.ts";
import { usageConsumeDocs } from "./routes/usage-consume.ts";

/** In the order of a customer's life: pay, get access, look, spend. */
const documented = [
  checkoutSessionDocs,
  accessCheckDocs,
  customerAccessDocs,
  entitlementsDocs,
  usageConsumeDocs,
];

export type OpenApiDocument = ReturnType<OpenAPIHono["getOpenAPI31Document"]>;

let document: OpenApiDocument | undefined;

/** OpenAPI 3.1 of the public endpoints, made from the very schemas that validate. Built at first use. */
export function openApiDocument(): OpenApiDocument {
  document ??= build();
  return document;
}

function build(): OpenApiDocument {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer lz_test_…` or `lz_live_…`",
  });
  for (const route of documented) app.openAPIRegistry.registerPath(route);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Licenzy runtime API",
      version: "1",
      description: "Turns Stripe payments into access. The API key selects account, project and mode.",
    },
  });
}
