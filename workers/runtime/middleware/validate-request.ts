import { z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { RequestDocs } from "../http/endpoint.ts";
import { readIdempotencyKey, readJson, readPathParams, readQuery } from "../http/read-input.ts";
import type { RuntimeHono } from "../request-context.ts";

const noParameters = z.strictObject({});

/**
 * Validates the request by its documentation; handlers read the result with `c.req.valid`. Refuses query
 * parameters that the documentation does not name.
 *
 * Replaces the validators of `@hono/zod-openapi`, because their rules differ from the API's. They limit no body,
 * replace bytes that are not UTF-8, accept unknown and repeated query parameters, and pass on path parameters that
 * are not valid UTF-8.
 */
export function validateRequest({
  params,
  query,
  headers,
  body,
}: RequestDocs): MiddlewareHandler<RuntimeHono> {
  const isKeyed = headers !== undefined && "Idempotency-Key" in headers.shape;
  const bodySchema = body?.content["application/json"].schema;
  return async (c, next) => {
    if (params !== undefined) c.req.addValidatedData("param", readPathParams(c, params));
    c.req.addValidatedData("query", readQuery(c, query ?? noParameters));
    if (isKeyed) c.req.addValidatedData("header", { "Idempotency-Key": readIdempotencyKey(c) });
    if (bodySchema !== undefined) c.req.addValidatedData("json", await readJson(c, bodySchema));
    await next();
  };
}
