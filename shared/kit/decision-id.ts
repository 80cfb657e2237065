import { decodeMomentId, encodeMomentId, type LedgerMoment, readMomentBytes } from "./moment-id.ts";
import { tagInHex, tagLength } from "./subject-tag.ts";

/**
 * `dec_…` identifies a decision without storing it: a tag of the subject, the ledger sequence and the time. The
 * subject object recomputes the decision from these. A decision over some products ends with their codes:
 * `dec_….PRO_MONTHLY.TEAM`.
 */
export type DecisionMoment = LedgerMoment;

const separator = ".";
const productCodes = /^[A-Z0-9_]{1,64}$/;

/** `products` are the codes of a decision over some products. */
export function encodeDecisionId(
  subjectName: string,
  moment: DecisionMoment,
  products: readonly string[] = [],
): string {
  return [encodeMomentId("dec", subjectName, moment), ...products].join(separator);
}

/** Decodes `decisionId`; `null` when it is malformed or belongs to another subject. */
export function decodeDecisionId(
  subjectName: string,
  decisionId: string,
): (DecisionMoment & { products: string[] }) | null {
  const [id = "", ...products] = decisionId.split(separator);
  const moment = decodeMomentId("dec", subjectName, id);
  return moment === null || !products.every((code) => productCodes.test(code))
    ? null
    : { ...moment, products };
}

/** Returns the tag of the id's subject, in hex as in logs; `null` when the id is malformed. */
export function getDecisionSubjectTag(decisionId: string): string | null {
  const bytes = readMomentBytes("dec", decisionId.split(separator, 1)[0] ?? "");
  return bytes === null ? null : tagInHex(bytes.subarray(0, tagLength));
}
