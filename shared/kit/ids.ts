import { encodeBase32 } from "./base32.ts";
import { sha256 } from "./hash.ts";

/** What an id names: `prj_…`, `att_…`, and so on. */
export type IdPrefix =
  | "acc"
  | "prj"
  | "key"
  | "con"
  | "att"
  | "req"
  | "ent"
  | "read"
  | "ep"
  | "evt"
  | "dlv"
  | "job"
  | "opr"
  | "inv"
  | "aud"
  | "act"
  | "note"
  | "ers";

/** A new id: prefix, then 26 base-32 characters of 48 bits of time and 80 random bits, so that ids sort by age. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  writeTime(bytes, now);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** An id that the same `source` always gives: what is made twice is then one. */
export function derivedId(prefix: IdPrefix, source: string): string {
  return `${prefix}_${encodeBase32(sha256(source).subarray(0, 16))}`;
}

/** As `derivedId`, but of things that happened at `at`: 48 bits of time, then 80 of the source, so that ids sort by age. */
export function derivedIdAt(prefix: IdPrefix, at: number, source: string): string {
  const bytes = new Uint8Array(16);
  bytes.set(sha256(source).subarray(0, 10), 6);
  writeTime(bytes, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Below every id of this prefix that was made at `at` or later, above all earlier ones. */
export function idFloor(prefix: IdPrefix, at: number): string {
  const bytes = new Uint8Array(16);
  writeTime(bytes, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

function writeTime(bytes: Uint8Array<ArrayBuffer>, at: number): void {
  new DataView(bytes.buffer).setUint16(0, Math.floor(at / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, at % 2 ** 32);
}
