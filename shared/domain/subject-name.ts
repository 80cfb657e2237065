import type { Mode, Region } from "../contract/words.ts";

/** Identifies a subject within its project and mode, and the region of its object. */
export interface SubjectIdentity {
  projectId: string;
  mode: Mode;
  subjectRef: string;
  region: Region;
}

/** Returns the name of the subject's object. It is unique, because project and mode contain no `/`. */
export function subjectName({ projectId, mode, subjectRef }: Omit<SubjectIdentity, "region">): string {
  return `${projectId}/${mode}/${subjectRef}`;
}
