import { sha256 } from "./hash.ts";

/** How long a subject's tag is, in bytes. */
export const tagLength = 8;

/** The first 8 bytes of the SHA-256 of the subject's name, `<project>/<mode>/<subject_ref>`: what decision ids begin with. */
export function subjectTagBytes(subjectName: string): Uint8Array {
  return sha256(subjectName).subarray(0, tagLength);
}

/** The same in hex: stands for the subject in logs, and finds it in D1. */
export function subjectTag(subjectName: string): string {
  return tagInHex(subjectTagBytes(subjectName));
}

export function tagInHex(tag: Uint8Array): string {
  return [...tag].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
