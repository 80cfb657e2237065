import { decodeBase32, encodeBase32 } from "./base32.ts";
import { subjectTagBytes, tagInHex, tagLength } from "./subject-tag.ts";
import { readUint48, uint48Length, writeUint48 } from "./uint48.ts";

/**
 * `dec_…` names a decision without storing it: a tag of the subject (8 bytes), the ledger's sequence (6) and the time
 * (6 bytes, milliseconds). With these the subject object computes the decision again.
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

/** The moment that `decisionId` names, or `null` when it is malformed or of another subject. */
export function decodeDecisionId(subjectName: string, decisionId: string): DecisionMoment | null {
  const bytes = bytesOf(decisionId);
  if (bytes === null) return null;
  if (!subjectTagBytes(subjectName).every((byte, index) => bytes[index] === byte)) return null;
  return { sequence: readUint48(bytes, tagLength), at: readUint48(bytes, tagLength + uint48Length) };
}

/** The tag of the subject that `decisionId` is of, in hex as in logs; `null` when malformed. */
export function tagOfDecision(decisionId: string): string | null {
  const bytes = bytesOf(decisionId);
  return bytes === null ? null : tagInHex(bytes.subarray(0, tagLength));
}

/** What the id is made of; `null` when malformed. */
function bytesOf(decisionId: string): Uint8Array | null {
  const bytes = decisionId.startsWith("dec_") ? decodeBase32(decisionId.slice(4)) : null;
  return bytes?.length === length ? bytes : null;
}
