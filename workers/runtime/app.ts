import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { requestId } from "hono/request-id";
import { withD1Timeout } from "../../shared/db/d1-timeout.ts";
import { discardBody } from "../../shared/kit/discard-body.ts";
import { newId } from "../../shared/kit/ids.ts";
import { ApiError } from "./http/api-error.ts";
import type { Route } from "./http/endpoint.ts";
import { toErrorResponse } from "./http/error-response.ts";
import { authenticate } from "./middleware/authenticate.ts";
import { rateLimit } from "./middleware/rate-limit.ts";
import { requestLog } from "./middleware/request-log.ts";
import { validateRequest } from "./middleware/validate-request.ts";
import { documentationRoutes, documentRoute } from "./openapi.ts";
import type { RuntimeHono } from "./request-context.ts";
import { routes } from "./routes.ts";

export const app = new OpenAPIHono<RuntimeHono>();

app.use((c, next) => {
  c.env = withD1Timeout(c.env);
  return next();
});
// Without a header name, so that callers can't choose the id. Replies set `Request-Id` themselves.
app.use(requestId({ headerName: "", generator: () => newId("req") }));
app.use(requestLog);

for (const route of [...routes, ...documentationRoutes(app)]) {
  app.on([route.method], [route.path], ...middlewareOf(route), route.handler);
  documentRoute(app, route);
}

app.notFound(async (c) => {
  await discardBody(c.req.raw);
  const { method, path } = c.req;
  const allowed = allowedMethods(path);
  const error =
    allowed.length === 0
      ? new ApiError("not_found", `Unknown endpoint: ${method} ${path}. See /v1/docs.`)
      : new ApiError(
          "method_not_allowed",
          `${method} is not supported for ${path}. Use ${allowed.join(" or ")}. See /v1/docs.`,
          { headers: { Allow: allowed.join(", ") } },
        );
  return toErrorResponse(error, c);
});

// Middleware refuses many requests by their headers alone.
app.onError(async (error, c) => {
  await discardBody(c.req.raw);
  return toErrorResponse(error, c);
});

function middlewareOf({ auth, docs }: Route): MiddlewareHandler<RuntimeHono>[] {
  const middleware: MiddlewareHandler<RuntimeHono>[] = auth === "api_key" ? [authenticate, rateLimit] : [];
  return docs === undefined ? middleware : [...middleware, validateRequest(docs.request)];
}

/** The methods that the path has a route for. Hono's `methodNotAllowed` middleware would run on every request. */
function allowedMethods(path: string): string[] {
  const hasRoute = (method: string) =>
    app.router.match(method, path)[0].some(([[, route]]) => route.method === method);
  return [...(hasRoute("GET") ? ["GET", "HEAD"] : []), ...(hasRoute("POST") ? ["POST"] : [])];
}
