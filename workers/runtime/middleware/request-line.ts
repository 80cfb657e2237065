import { createMiddleware } from "hono/factory";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { isLogged, log, subjectTag } from "../../../shared/kit/log.ts";
import type { RuntimeContext, RuntimeHono } from "../request-context.ts";

/** Gives each request its id, and writes the one line that says how it ended (docs/observability.md). */
export const requestLine = createMiddleware<RuntimeHono>(async (c, next) => {
  c.set("requestId", newId("req"));
  c.set("startedAt", Date.now());
  c.set("notes", {});
  await next();
  c.res.headers.set("Request-Id", c.get("requestId"));
  if (isLogged("info")) writeLine(c);
});

function writeLine(c: RuntimeContext): void {
  const { subject, ...notes } = c.get("notes");
  const { status } = c.res;
  const caller = c.get("caller");
  log("info", "request", {
    requestId: c.get("requestId"),
    method: c.req.method,
    route: c.req.routePath,
    status,
    outcome: status < 400 ? "answered" : status < 500 ? "refused" : "failed",
    durationMs: Date.now() - c.get("startedAt"),
    ...(caller === undefined ? {} : { projectId: caller.projectId, mode: caller.mode, keyId: caller.keyId }),
    ...(subject === undefined ? {} : { subjectTag: subjectTag(subjectName(subject)) }),
    ...notes,
  });
}
