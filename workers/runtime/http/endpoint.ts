import type { RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { Context, Handler } from "hono";
import type { z } from "zod";
import type { RuntimeHono } from "../request-context.ts";
import type { ApiTag } from "./api-tags.ts";

/** One line of the table of routes (`routes.ts`). */
export interface Route {
  method: "GET" | "POST";
  /** With parameters as `:name`. */
  path: string;
  /** Who may call it: a caller with a valid API key, or anyone. */
  auth: "api_key" | "public";
  /** Present where the route is documented: then its request is validated by it. */
  docs?: EndpointDocs;
  handler: Handler<RuntimeHono>;
}

/** The definition that `createRoute` takes, without what the table of routes says: method, path and security. */
type EndpointDocs = Pick<RouteConfig, "summary" | "description" | "responses"> & {
  /** The name of the method in generated clients. */
  operationId: string;
  tags: [ApiTag];
  request: RequestDocs;
};

export type RequestDocs = {
  /** One parameter, as the last segment of the path. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** `Idempotency-Key`, which is required, or `Licenzy-At-Least`. */
  headers?: z.ZodObject;
  body?: { required: true; content: { "application/json": { schema: z.ZodObject } } };
};

type EndpointContext<D extends EndpointDocs> = Parameters<
  RouteHandler<D & { method: "post"; path: string }, RuntimeHono>
>[0];

/** Documentation, validation and handler in one: `c.req.valid` has the types of `docs.request`. */
export function defineEndpoint<D extends EndpointDocs>(
  docs: D,
  handler: (c: EndpointContext<D>) => Response | Promise<Response>,
): Pick<Route, "handler"> & { docs: EndpointDocs } {
  return { docs, handler: handler as (c: Context<RuntimeHono>) => Response | Promise<Response> };
}
