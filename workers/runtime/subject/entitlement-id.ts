import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { derivedId } from "../../../shared/kit/ids.ts";

/** Names the subject's entitlements by what made them, so that the same purchase or form never makes two. */
export function entitlementIdsOf(identity: SubjectIdentity): (source: string) => string {
  return (source) => derivedId("ent", `${subjectName(identity)}/${source}`);
}
