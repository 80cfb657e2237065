import { decodeBase32, encodeBase32 } from "./base32.ts";
import { sha256 } from "./hash.ts";

/**
 * `dec_…` names a decision without storing it: a tag of the subject (8 bytes), the ledger's sequence (6) and the time
 * (6 bytes, milliseconds). With these the subject object computes the decision again.
 */
export interface DecisionMoment {
  sequence: number;
  at: number;
}

const bytesPerNumber = 6;

export function encodeDecisionId(subjectName: string, { sequence, at }: DecisionMoment): string {
  const bytes = new Uint8Array(8 + 2 * bytesPerNumber);
  bytes.set(subjectTag(subjectName), 0);
  writeNumber(bytes, 8, sequence);
  writeNumber(bytes, 8 + bytesPerNumber, at);
  return `dec_${encodeBase32(bytes)}`;
}

/** The moment that `decisionId` names, or `null` when it is malformed or of another subject. */
export function decodeDecisionId(subjectName: string, decisionId: string): DecisionMoment | null {
  const bytes = decisionId.startsWith("dec_") ? decodeBase32(decisionId.slice(4)) : null;
  if (bytes?.length !== 8 + 2 * bytesPerNumber) return null;
  if (!subjectTag(subjectName).every((byte, index) => bytes[index] === byte)) return null;
  return { sequence: readNumber(bytes, 8), at: readNumber(bytes, 8 + bytesPerNumber) };
}

/** The tag of the subject that `decisionId` is of, in hex as logs write it (`subjectTag` in log.ts); `null` when malformed. */
export function tagOfDecision(decisionId: string): string | null {
  const bytes = decisionId.startsWith("dec_") ? decodeBase32(decisionId.slice(4)) : null;
  if (bytes?.length !== 8 + 2 * bytesPerNumber) return null;
  return [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function subjectTag(subjectName: string): Uint8Array {
  return sha256(subjectName).subarray(0, 8);
}

function writeNumber(bytes: Uint8Array, offset: number, value: number): void {
  let rest = value;
  for (let index = bytesPerNumber - 1; index >= 0; index--) {
    bytes[offset + index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

function readNumber(bytes: Uint8Array, offset: number): number {
  return bytes.subarray(offset, offset + bytesPerNumber).reduce((value, byte) => value * 256 + byte, 0);
}
