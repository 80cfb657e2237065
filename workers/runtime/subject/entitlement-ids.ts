import { type SubjectIdentity, subjectName } from "../../../shared/domain/subject-name.ts";
import { deriveId } from "../../../shared/kit/ids.ts";

/**
 * Returns a function that derives an entitlement's id from its source, so that one purchase or form never
 * creates two entitlements.
 */
export function buildEntitlementIds(identity: SubjectIdentity): (source: string) => string {
  return (source) => deriveId("ent", `${subjectName(identity)}/${source}`);
}
