import type { Context } from "hono";
import type { Mode, PlanStatus, Region } from "../../shared/contract/words.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import type { RuntimeEnv } from "./env.ts";

/** Who calls, all of it from the API key. */
export interface Caller {
  projectId: string;
  mode: Mode;
  region: Region;
  keyId: string;
  plan: PlanStatus;
}

/** The subject that the caller names: project, mode and region come from the key. */
export function subjectOf({ projectId, mode, region }: Caller, subjectRef: string): SubjectIdentity {
  return { projectId, mode, region, subjectRef };
}

/** The types of Hono's context in this worker. */
export interface RuntimeHono {
  Bindings: RuntimeEnv;
  Variables: {
    requestId: string;
    /** On the machine's clock. */
    startedAt: number;
    caller: Caller;
  };
}

export type RuntimeContext = Context<RuntimeHono>;
