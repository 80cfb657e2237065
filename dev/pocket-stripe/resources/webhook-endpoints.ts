import type Stripe from "stripe";
import { invalidRequest } from "../errors.ts";
import { newId } from "../ids.ts";
import { pageFields } from "../object-store.ts";
import { oldApiVersions } from "../old-api-versions.ts";
import {
  applyMetadata,
  boolean,
  clearable,
  type Fields,
  list,
  metadata,
  optional,
  type Param,
  text,
} from "../params.ts";
import { type Route, route } from "../router.ts";
import { apiVersion, type StripeObjects, type Wire } from "../wire.ts";
import { webUrl } from "./web-url.ts";

type Endpoint = StripeObjects["webhook_endpoint"];

const eventType: Param<string> = (value, path) => {
  const type = text()(value, path);
  if (type === "*" || /^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(type)) return type;
  throw invalidRequest(`Invalid ${path}: ${type} is no event type`, { param: path });
};

const createFields = {
  url: webUrl,
  enabled_events: list(eventType, { max: 1_000 }),
  api_version: optional(text({ oneOf: [apiVersion, ...oldApiVersions] })),
  description: clearable(text()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.WebhookEndpointCreateParams, unknown>>;

const updateFields = {
  url: optional(webUrl),
  enabled_events: optional(list(eventType, { max: 1_000 })),
  disabled: optional(boolean()),
  description: clearable(text()),
  metadata: metadata(),
} satisfies Fields & Partial<Record<keyof Stripe.WebhookEndpointUpdateParams, unknown>>;

/** Removes the signing secret, which only the response to the creation contains. */
function withoutSecret({ secret: _, ...endpoint }: Endpoint): Endpoint {
  return endpoint;
}

export const webhookEndpointRoutes: Route[] = [
  route("POST", "/v1/webhook_endpoints", "rak_webhook", createFields, ({ context, params }) => {
    const endpoint: Endpoint = {
      id: newId("we"),
      object: "webhook_endpoint",
      api_version: params.api_version ?? null,
      application: null,
      created: context.now,
      description: params.description ?? null,
      enabled_events: params.enabled_events,
      livemode: context.scope.livemode,
      metadata: applyMetadata({}, params.metadata),
      secret: newId("whsec", 32),
      status: "enabled",
      url: params.url,
    };
    context.objects.insert(endpoint, { created: context.now });
    return endpoint;
  }),

  route("GET", "/v1/webhook_endpoints", "rak_webhook", pageFields, ({ context, params }) => {
    const endpoints = context.objects.list("webhook_endpoint", "/v1/webhook_endpoints", { page: params });
    return { ...endpoints, data: endpoints.data.map(withoutSecret) };
  }),

  route("GET", "/v1/webhook_endpoints/:id", "rak_webhook", {}, ({ context, id }) =>
    withoutSecret(context.objects.get("webhook_endpoint", id)),
  ),

  route("POST", "/v1/webhook_endpoints/:id", "rak_webhook", updateFields, ({ context, id, params }) => {
    const before = context.objects.get("webhook_endpoint", id);
    const { disabled, description } = params;
    const after: Endpoint = {
      ...before,
      url: params.url ?? before.url,
      enabled_events: params.enabled_events ?? before.enabled_events,
      status: disabled === undefined ? before.status : disabled ? "disabled" : "enabled",
      description: description === undefined ? before.description : description,
      metadata: applyMetadata(before.metadata, params.metadata),
    };
    context.objects.save(after);
    return withoutSecret(after);
  }),

  route("DELETE", "/v1/webhook_endpoints/:id", "rak_webhook", {}, ({ context, id }) => {
    context.objects.get("webhook_endpoint", id);
    context.objects.remove(id);
    const deleted: Wire<Stripe.DeletedWebhookEndpoint> = { id, object: "webhook_endpoint", deleted: true };
    return deleted;
  }),
];
