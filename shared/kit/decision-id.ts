import { decodeMomentId, encodeMomentId, type LedgerMoment, readMomentBytes } from "./moment-id.ts";
import { tagInHex, tagLength } from "./subject-tag.ts";

/**
 * `dec_…` identifies a decision without storing it: a tag of the subject, the ledger sequence and the time. The
 * subject object recomputes the decision from these.
 */
export type DecisionMoment = LedgerMoment;

export function encodeDecisionId(subjectName: string, moment: DecisionMoment): string {
  return encodeMomentId("dec", subjectName, moment);
}

/** Decodes `decisionId`; `null` when it is malformed or belongs to another subject. */
export function decodeDecisionId(subjectName: string, decisionId: string): DecisionMoment | null {
  return decodeMomentId("dec", subjectName, decisionId);
}

/** Returns the tag of the id's subject, in hex as in logs; `null` when the id is malformed. */
export function getDecisionSubjectTag(decisionId: string): string | null {
  const bytes = readMomentBytes("dec", decisionId);
  return bytes === null ? null : tagInHex(bytes.subarray(0, tagLength));
}
