import { createMiddleware } from "hono/factory";
import { newId } from "../../../shared/kit/ids.ts";
import { log } from "../../../shared/kit/log.ts";
import type { PortalHono } from "../request-context.ts";

/**
 * Assigns each request its id, and logs how the request ended (docs/observability.md).
 *
 * `route` is the pattern instead of the path, since paths of invitations contain one-time tokens.
 */
export const requestLog = createMiddleware<PortalHono>(async (c, next) => {
  const startedAt = Date.now();
  const requestId = newId("req");
  c.set("requestId", requestId);
  await next();
  c.res.headers.set("Request-Id", requestId);
  const { status } = c.res;
  const session = c.get("session");
  const project = c.get("project");
  log("info", "request", {
    requestId,
    method: c.req.method,
    route: c.req.routePath,
    status,
    outcome: status < 400 ? "answered" : status < 500 ? "refused" : "failed",
    durationMs: Date.now() - startedAt,
    ...(session === undefined ? {} : { operatorId: session.operatorId }),
    ...(project === undefined ? {} : { projectId: project.projectId, mode: c.get("mode") }),
  });
});
