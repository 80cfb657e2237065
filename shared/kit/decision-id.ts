import { decodeBase32, encodeBase32 } from "./base32.ts";
import { subjectTagBytes, tagInHex, tagLength } from "./subject-tag.ts";
import { readUint48, uint48Length, writeUint48 } from "./uint48.ts";

/**
 * `dec_…` identifies a decision without storing it: a tag of the subject (8 bytes), the ledger sequence (6)
 * and the time (6 bytes, milliseconds). The subject object recomputes the decision from these.
 */
export interface DecisionMoment {
  sequence: number;
  at: number;
}

const length = tagLength + 2 * uint48Length;

export function encodeDecisionId(subjectName: string, { sequence, at }: DecisionMoment): string {
  const bytes = new Uint8Array(length);
  bytes.set(subjectTagBytes(subjectName), 0);
  writeUint48(bytes, tagLength, sequence);
  writeUint48(bytes, tagLength + uint48Length, at);
  return `dec_${encodeBase32(bytes)}`;
}

/** Decodes `decisionId`; `null` when it is malformed or belongs to another subject. */
export function decodeDecisionId(subjectName: string, decisionId: string): DecisionMoment | null {
  const bytes = decodeBytes(decisionId);
  if (bytes === null) return null;
  if (!subjectTagBytes(subjectName).every((byte, index) => bytes[index] === byte)) return null;
  return { sequence: readUint48(bytes, tagLength), at: readUint48(bytes, tagLength + uint48Length) };
}

/** Returns the tag of the id's subject, in hex as in logs; `null` when the id is malformed. */
export function getDecisionSubjectTag(decisionId: string): string | null {
  const bytes = decodeBytes(decisionId);
  return bytes === null ? null : tagInHex(bytes.subarray(0, tagLength));
}

/** Returns the bytes of the id; `null` when it is malformed. */
function decodeBytes(decisionId: string): Uint8Array | null {
  const bytes = decisionId.startsWith("dec_") ? decodeBase32(decisionId.slice(4)) : null;
  return bytes?.length === length ? bytes : null;
}
