import type { Context } from "hono";
import type { Mode, PlanStatus, Region } from "../../shared/contract/words.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import type { LogFields } from "../../shared/kit/log.ts";
import type { RuntimeEnv } from "./env.ts";

/** Who calls, all of it from the API key. */
export interface Caller {
  projectId: string;
  mode: Mode;
  region: Region;
  keyId: string;
  plan: PlanStatus;
}

/** What a request's line says beyond who called what and how it ended. */
type RequestNotes = Pick<
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

/** The subject that the caller names: project, mode and region come from the key. */
export function subjectOf({ projectId, mode, region }: Caller, subjectRef: string): SubjectIdentity {
  return { projectId, mode, region, subjectRef };
}

/** The same, noted for the request's line. */
export function namedSubject(c: RuntimeContext, subjectRef: string): SubjectIdentity {
  const subject = subjectOf(c.get("caller"), subjectRef);
  note(c, { subject });
  return subject;
}

export function note(c: RuntimeContext, notes: RequestNotes): void {
  Object.assign(c.get("notes"), notes);
}

/** The types of Hono's context in this worker. */
export interface RuntimeHono {
  Bindings: RuntimeEnv;
  Variables: {
    requestId: string;
    /** On the machine's clock. */
    startedAt: number;
    notes: RequestNotes;
    /** Set once the key is known to be good. */
    caller: Caller;
  };
}

export type RuntimeContext = Context<RuntimeHono>;
