import { subjectName } from "../../../shared/domain/subject-name.ts";
import { isLogged, log } from "../../../shared/kit/log.ts";
import { measure } from "../../../shared/kit/metrics.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import type { RuntimeContext } from "../request-context.ts";

/** Writes the one line that says how the request ended, and measures it (docs/observability.md). */
export function tellRequest(c: RuntimeContext, response: Response): void {
  if (isLogged("info")) writeLine(c, response);
  if (c.env.METRICS !== undefined) measureRequest(c, response);
}

const outcomeOf = (status: number) => (status < 400 ? "answered" : status < 500 ? "refused" : "failed");

/** Every request of a known project; checks and consumes that the subject decided once more, by what was decided. */
function measureRequest(c: RuntimeContext, { status }: Response): void {
  const { projectId, mode, code = "", allowed, reason = "", units = 0, replayed, decisionId } = c.notes;
  const place = c.knownCaller ?? { projectId, mode };
  if (place.projectId === undefined || place.mode === undefined) return;
  const { env } = c;
  const where = { projectId: place.projectId, mode: place.mode };
  const durationMs = Date.now() - c.startedAt;
  const route = c.route;
  measure(env, where, {
    name: "request",
    outcome: outcomeOf(status),
    code,
    route,
    status,
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

function writeLine(c: RuntimeContext, { status }: Response): void {
  const { subject, ...notes } = c.notes;
  const caller = c.knownCaller;
  log("info", "request", {
    requestId: c.requestId,
    method: c.request.method,
    route: c.route,
    status,
    outcome: outcomeOf(status),
    durationMs: Date.now() - c.startedAt,
    ...(caller === null ? {} : { projectId: caller.projectId, mode: caller.mode, keyId: caller.keyId }),
    ...(subject === undefined ? {} : { subjectTag: subjectTag(subjectName(subject)) }),
    ...notes,
  });
}
