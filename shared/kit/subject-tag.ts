import { sha256 } from "./hash.ts";

/** How long a subject's tag is, in bytes. */
export const tagLength = 8;

const mostRemembered = 10_000;
/** Of the subjects this isolate heard of last: each of their decisions needs it, and hashing is a twentieth of a check. */
const remembered = new Map<string, Uint8Array>();

/** The first 8 bytes of the SHA-256 of the subject's name, `<project>/<mode>/<subject_ref>`: what decision ids begin with. */
export function subjectTagBytes(subjectName: string): Uint8Array {
  const known = remembered.get(subjectName);
  if (known !== undefined) return known;
  // A copy of its own: the digest may be a view into a larger buffer.
  const tag = sha256(subjectName).slice(0, tagLength);
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(subjectName, tag);
  return tag;
}

/** The same in hex: stands for the subject in logs, and finds it in D1. */
export function subjectTag(subjectName: string): string {
  return tagInHex(subjectTagBytes(subjectName));
}

export function tagInHex(tag: Uint8Array): string {
  return [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
