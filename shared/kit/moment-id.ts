import { decodeBase32, encodeBase32 } from "./base32.ts";
import { subjectTagBytes, tagLength } from "./subject-tag.ts";
import { readUint48, uint48Length, writeUint48 } from "./uint48.ts";

/** A position in a subject's ledger, and a time in milliseconds. */
export interface LedgerMoment {
  sequence: number;
  at: number;
}

const length = tagLength + 2 * uint48Length;

/** Encodes a subject's tag (8 bytes), a ledger sequence (6) and a time (6 bytes) behind a prefix. */
export function encodeMomentId(
  prefix: "dec" | "rsv",
  subjectName: string,
  { sequence, at }: LedgerMoment,
): string {
  const bytes = new Uint8Array(length);
  bytes.set(subjectTagBytes(subjectName), 0);
  writeUint48(bytes, tagLength, sequence);
  writeUint48(bytes, tagLength + uint48Length, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Decodes an id of the prefix; `null` when it is malformed or belongs to another subject. */
export function decodeMomentId(prefix: "dec" | "rsv", subjectName: string, id: string): LedgerMoment | null {
  const bytes = readMomentBytes(prefix, id);
  if (bytes === null) return null;
  if (!subjectTagBytes(subjectName).every((byte, index) => bytes[index] === byte)) return null;
  return { sequence: readUint48(bytes, tagLength), at: readUint48(bytes, tagLength + uint48Length) };
}

/** Returns the bytes of an id; `null` when it is malformed. The first 8 are the subject's tag. */
export function readMomentBytes(prefix: "dec" | "rsv", id: string): Uint8Array | null {
  const bytes = id.startsWith(`${prefix}_`) ? decodeBase32(id.slice(prefix.length + 1)) : null;
  return bytes?.length === length ? bytes : null;
}
