import { createMiddleware } from "hono/factory";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { isLogged, log } from "../../../shared/kit/log.ts";
import { measure } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import type { RuntimeContext, RuntimeHono } from "../request-context.ts";

/** Gives each request its id, and writes the one line that says how it ended (docs/observability.md). */
export const requestLine = createMiddleware<RuntimeHono>(async (c, next) => {
  c.set("requestId", newId("req"));
  c.set("startedAt", Date.now());
  c.set("notes", {});
  await next();
  c.res.headers.set("Request-Id", c.get("requestId"));
  if (isLogged("info")) writeLine(c);
  if (c.env.METRICS !== undefined) measureRequest(c);
});

const outcomeOf = (status: number) => (status < 400 ? "answered" : status < 500 ? "refused" : "failed");

/** Every request of a known project; checks and consumes that the subject decided once more, by what was decided. */
function measureRequest(c: RuntimeContext): void {
  const {
    projectId,
    mode,
    code = "",
    allowed,
    reason = "",
    units = 0,
    replayed,
    decisionId,
  } = c.get("notes");
  const place = c.get("caller") ?? { projectId, mode };
  if (place.projectId === undefined || place.mode === undefined) return;
  const { env, res } = c;
  const where = { projectId: place.projectId, mode: place.mode };
  const durationMs = Date.now() - c.get("startedAt");
  const route = c.req.routePath;
  measure(env, where, {
    name: "request",
    outcome: outcomeOf(res.status),
    code,
    route,
    status: res.status,
    durationMs,
  });
  if (allowed !== undefined)
    measure(env, where, { name: "check", outcome: allowed ? "allowed" : "denied", reason, durationMs });
  if (route === "/v1/usage/consume" && decisionId !== undefined)
    measure(env, where, {
      name: "consume",
      outcome: code !== "" ? "refused" : replayed === true ? "replayed" : "consumed",
      code,
      units,
      durationMs,
    });
}

function writeLine(c: RuntimeContext): void {
  const { subject, ...notes } = c.get("notes");
  const { status } = c.res;
  const caller = c.get("caller");
  log("info", "request", {
    requestId: c.get("requestId"),
    method: c.req.method,
    route: c.req.routePath,
    status,
    outcome: outcomeOf(status),
    durationMs: Date.now() - c.get("startedAt"),
    ...(caller === undefined ? {} : { projectId: caller.projectId, mode: caller.mode, keyId: caller.keyId }),
    ...(subject === undefined ? {} : { subjectTag: subjectTag(subjectName(subject)) }),
    ...notes,
  });
}
