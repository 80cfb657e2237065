import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Route } from "./http/endpoint.ts";
import { jsonReply } from "./http/reply.ts";
import type { RuntimeHono } from "./request-context.ts";
import type { OpenApiDocument } from "./routes/reference-model.ts";
import { referencePage } from "./routes/reference-page.tsx";

/** Adds a documented route to the app's OpenAPI document. */
export function documentRoute(app: OpenAPIHono<RuntimeHono>, { method, path, auth, docs }: Route): void {
  if (docs === undefined) return;
  app.openAPIRegistry.registerPath(
    createRoute({
      ...docs,
      method: method === "GET" ? "get" : "post",
      path: path.replaceAll(/:(\w+)/g, "{$1}"),
      security: auth === "api_key" ? [{ apiKey: [] }] : [],
    }),
  );
}

/** The routes that serve the document and its reference page. */
export function documentationRoutes(app: OpenAPIHono<RuntimeHono>): Route[] {
  let document: OpenApiDocument | undefined;
  const readDocument = () => {
    document ??= buildDocument(app);
    return document;
  };
  return [
    {
      method: "GET",
      path: "/v1/openapi.json",
      auth: "public",
      handler: (c) => jsonReply(c, readDocument()),
    },
    { method: "GET", path: "/v1/docs", auth: "public", handler: (c) => referencePage(c, readDocument()) },
  ];
}

/** OpenAPI 3.1 of the documented routes, from the schemas that validate their requests. */
function buildDocument(app: OpenAPIHono<RuntimeHono>): OpenApiDocument {
  app.openAPIRegistry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer lz_test_…` or `lz_live_…`",
  });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Licenzy runtime API",
      version: "1",
      description:
        "Turns Stripe payments into access. The API key selects account, project and mode. A field of a body or a query " +
        "parameter that is not documented is refused with `invalid_request`.",
    },
  });
}
