import type { Region } from "../contract/enums.ts";
import type { Scope } from "../contract/scope.ts";

/** Names a subject: a customer in one project and mode. */
export interface SubjectKey extends Scope {
  subjectRef: string;
}

/** A subject, and the region of its object. */
export interface SubjectIdentity extends SubjectKey {
  region: Region;
}

/** Returns the name of the subject's object. It is unique, because project and mode contain no `/`. */
export function subjectName({ projectId, mode, subjectRef }: SubjectKey): string {
  return `${projectId}/${mode}/${subjectRef}`;
}
