import type { Mode, Region } from "../contract/words.ts";

/** Which subject: account > project > mode > subject, and where its object lives. */
export interface SubjectIdentity {
  projectId: string;
  mode: Mode;
  subjectRef: string;
  region: Region;
}

/** The name of the subject's object. Project and mode hold no `/`, so two subjects never share a name. */
export function subjectName({ projectId, mode, subjectRef }: Omit<SubjectIdentity, "region">): string {
  return `${projectId}/${mode}/${subjectRef}`;
}
