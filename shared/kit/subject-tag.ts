import { sha256 } from "./hash.ts";

/** Length of a subject's tag in bytes. */
export const tagLength = 8;

const maxCachedTags = 10_000;
/** Cached tags. Each decision needs its subject's tag, and hashing costs a twentieth of a check. */
const cachedTags = new Map<string, Uint8Array>();

/**
 * Returns the first 8 bytes of the SHA-256 of the subject's name, `<project>/<mode>/<subject_ref>`. Decision
 * ids begin with them.
 */
export function subjectTagBytes(subjectName: string): Uint8Array {
  const known = cachedTags.get(subjectName);
  if (known !== undefined) return known;
  // Copied, because the digest may be a view into a larger buffer.
  const tag = sha256(subjectName).slice(0, tagLength);
  if (cachedTags.size >= maxCachedTags) cachedTags.clear();
  cachedTags.set(subjectName, tag);
  return tag;
}

/** Returns the tag in hex. It identifies the subject in logs and in D1. */
export function subjectTag(subjectName: string): string {
  return tagInHex(subjectTagBytes(subjectName));
}

export function tagInHex(tag: Uint8Array): string {
  return [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
