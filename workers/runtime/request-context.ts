import type { Mode, PlanStatus, Region } from "../../shared/contract/words.ts";
import type { SubjectIdentity } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
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

/** One request of the API, and what becomes known of it on the way to its reply. */
export class RuntimeContext {
  readonly requestId = newId("req");
  /** On the machine's clock. */
  readonly startedAt = Date.now();
  readonly notes: RequestNotes = {};
  /** Set once the key is known to be good: on every route that a key opens, before its handler. */
  knownCaller: Caller | null = null;

  constructor(
    readonly request: Request,
    readonly env: RuntimeEnv,
    /** The path as it was registered, `/v1/entitlements/:subject_ref`; empty where there is no route. */
    readonly route: string,
  ) {}

  get caller(): Caller {
    if (this.knownCaller === null) throw new Error(`${this.route} asks who calls, and no key opens it`);
    return this.knownCaller;
  }

  /** As it was sent: `a%2Fb` is one segment, and `a\b` and `%2e%2e` stay what they are, where `URL` would make another path. */
  lastPathSegment(): string {
    const [path = ""] = this.request.url.split(/[?#]/, 1);
    return path.split("/").at(-1) ?? "";
  }

  header(name: string): string | undefined {
    return this.request.headers.get(name) ?? undefined;
  }

  note(notes: RequestNotes): void {
    Object.assign(this.notes, notes);
  }
}

/** The subject that the caller names: project, mode and region come from the key. */
export function subjectOf({ projectId, mode, region }: Caller, subjectRef: string): SubjectIdentity {
  return { projectId, mode, region, subjectRef };
}

/** The same, noted for the request's line. */
export function namedSubject(c: RuntimeContext, subjectRef: string): SubjectIdentity {
  const subject = subjectOf(c.caller, subjectRef);
  c.note({ subject });
  return subject;
}
