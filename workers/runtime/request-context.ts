import type { Context, Input } from "hono";
import type { Mode, PlanStatus, Region } from "../../shared/contract/enums.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import type { LogFields } from "../../shared/kit/log.ts";
import type { RuntimeEnv } from "./env.ts";
import { SubjectClient } from "./subject-stub.ts";

/** The caller of a request, all of it from the API key, but for the region. */
export interface Caller {
  projectId: string;
  mode: Mode;
  region: Region;
  keyId: string;
  plan: PlanStatus;
  /** Requests per 10 seconds. */
  rateLimit: number;
  /** The region with the replica that answers the caller; `null` where the project's own objects do. */
  away: Region | null;
}

/** The source of a checkout, for its limits: an API key, or the recovery links of a project. */
export type Purchaser = Pick<Caller, "projectId" | "mode" | "region" | "keyId">;

/** What a request's log line says beyond the request itself and its caller. */
type RequestLogFields = Pick<
  LogFields,
  | "code"
  | "projectId"
  | "mode"
  | "decisionId"
  | "sequence"
  | "allowed"
  | "reason"
  | "units"
  | "replayed"
  | "attemptId"
  | "connectionId"
  | "stripeEventId"
> & { subject?: SubjectIdentity };

export interface RuntimeHono {
  Bindings: RuntimeEnv;
  Variables: {
    requestId: string;
    /** On the machine's clock. The timeouts of a request count from here. */
    startedAt: number;
    /** Collected on the way to the reply, written by `requestLog`. */
    logFields: RequestLogFields;
    /** Set by `authenticate`, on every route with `auth: "api_key"`. */
    caller: Caller;
  };
}

export type ApiContext<I extends Input = Input> = Context<RuntimeHono, string, I>;

export function addLogFields(c: ApiContext, fields: RequestLogFields): void {
  Object.assign(c.get("logFields"), fields);
}

/** The subject that the caller names: project, mode and region come from the key. */
export function identifySubject({ projectId, mode, region }: Purchaser, subjectRef: string): SubjectIdentity {
  return { projectId, mode, region, subjectRef };
}

/** The subject that the request names. The request's log line names it by its tag. */
export function openSubject(c: ApiContext, subjectRef: string): SubjectClient {
  const caller = c.get("caller");
  const subject = identifySubject(caller, subjectRef);
  addLogFields(c, { subject });
  return new SubjectClient(c.env, subject, caller.away, c.get("startedAt"));
}
