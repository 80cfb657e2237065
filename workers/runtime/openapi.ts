import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { eventSchemas } from "../../shared/contract/event-catalog.ts";
import { apiTags } from "./http/api-tags.ts";
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
      // Self-hosted deployments have origins of their own: the one that was called is right.
      handler: (c) =>
        jsonReply(c, {
          ...readDocument(),
          servers: [{ url: new URL(c.req.url).origin, description: "The origin of this document." }],
        }),
    },
    { method: "GET", path: "/v1/docs", auth: "public", handler: (c) => referencePage(c, readDocument()) },
  ];
}

/** OpenAPI 3.1 of the documented routes, from the schemas that validate their requests. */
function buildDocument(app: OpenAPIHono<RuntimeHono>): OpenApiDocument {
  const registry = app.openAPIRegistry;
  registry.registerComponent("securitySchemes", "apiKey", {
    type: "http",
    scheme: "bearer",
    description: "`Authorization: Bearer lz_test_…` or `lz_live_…`",
  });
  for (const { type, description, schema } of eventSchemas)
    registry.registerWebhook({
      method: "post",
      path: type,
      security: [],
      operationId: `on${schema.meta()?.id ?? ""}`,
      tags: ["Webhooks"],
      summary: type,
      description,
      request: {
        headers: webhookHeaders,
        body: { required: true, content: { "application/json": { schema } } },
      },
      responses: { 200: { description: "Your backend processed or stored the event. Any 2xx is accepted." } },
    });
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Licenzy runtime API",
      version: "1",
      license: { name: "Apache 2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
      description:
        "Turns Stripe payments into access. The API key selects account, project and mode. A field of a body or a query " +
        "parameter that is not documented is refused with `invalid_request`. Enumerations of replies and events, such as " +
        "denial reasons, statuses and event types, may grow: handle values that you do not know.",
    },
    tags: [
      ...Object.entries(apiTags).map(([name, description]) => ({ name, description })),
      { name: "Webhooks", description: "Events that Licenzy sends to your endpoints." },
    ],
  });
}

/** Standard Webhooks 1.0. */
const webhookHeaders = z.object({
  "webhook-id": z.string().meta({ description: "The event's id, the same in every attempt." }),
  "webhook-timestamp": z.string().meta({ description: "The time of the attempt in seconds since 1970." }),
  "webhook-signature": z.string().meta({
    description: "`v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, once per active secret.",
  }),
});
