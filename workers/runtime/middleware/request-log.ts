import { createMiddleware } from "hono/factory";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { isInLogShare, isLogged, log } from "../../../shared/kit/log.ts";
import { writeMetric } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { toErrorResponse } from "../http/error-response.ts";
import { routePattern } from "../http/route-pattern.ts";
import type { ApiContext, Caller, RuntimeHono } from "../request-context.ts";

/**
 * Logs each request that is refused or fails, and a share of the others, with its outcome, and measures every one
 * (docs/observability.md). Starts the request's clock.
 */
export const requestLog = createMiddleware<RuntimeHono>(async (c, next) => {
  c.set("startedAt", Date.now());
  c.set("logFields", {});
  try {
    await next();
  } catch (thrown) {
    // Hono passes instances of Error to `app.onError` and throws any other value on, which would be a bare 500.
    c.res = toErrorResponse(thrown, c);
  }
  if (isLogged("info") && (c.res.status >= 400 || isInLogShare())) logRequest(c);
  if (c.env.METRICS !== undefined) measureRequest(c);
});

function logRequest(c: ApiContext): void {
  const { status } = c.res;
  const { subject, ...fields } = c.get("logFields");
  const caller = knownCaller(c);
  log("info", "request", {
    requestId: c.get("requestId"),
    method: c.req.method,
    route: routePattern(c),
    status,
    outcome: toOutcome(status),
    durationMs: Date.now() - c.get("startedAt"),
    ...(caller === undefined ? {} : { projectId: caller.projectId, mode: caller.mode, keyId: caller.keyId }),
    ...(subject === undefined ? {} : { subjectTag: subjectTag(subjectName(subject)) }),
    ...fields,
  });
}

/** One point per request of a known project, and a second for a check or consume that its subject decided. */
function measureRequest(c: ApiContext): void {
  const { code = "", allowed, reason = "", units = 0, replayed, decisionId, ...fields } = c.get("logFields");
  const { projectId, mode } = knownCaller(c) ?? fields;
  if (projectId === undefined || mode === undefined) return;
  const { env } = c;
  const { status } = c.res;
  const scope = { projectId, mode };
  const durationMs = Date.now() - c.get("startedAt");
  const route = routePattern(c);
  writeMetric(env, scope, { name: "request", outcome: toOutcome(status), code, route, status, durationMs });
  if (allowed !== undefined)
    writeMetric(env, scope, { name: "check", outcome: allowed ? "allowed" : "denied", reason, durationMs });
  if (route === "/v1/usage/consume" && decisionId !== undefined)
    writeMetric(env, scope, {
      name: "consume",
      outcome: code !== "" ? "refused" : replayed === true ? "replayed" : "consumed",
      code,
      units,
      durationMs,
    });
}

const toOutcome = (status: number) => (status < 400 ? "answered" : status < 500 ? "refused" : "failed");

/** Undefined on public routes and for an unknown key. */
const knownCaller = (c: ApiContext): Caller | undefined => c.get("caller");
