import { encodeBase32 } from "./base32.ts";
import { sha256 } from "./hash.ts";

/** What an id names: `prj_…`, `att_…`, and so on. */
export type IdPrefix = "acc" | "prj" | "key" | "con" | "att" | "req" | "ent" | "read";

/** A new id: prefix, then 26 base-32 characters of 48 bits of time and 80 random bits, so that ids sort by age. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  new DataView(bytes.buffer).setUint16(0, Math.floor(now / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, now % 2 ** 32);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** An id that the same `source` always gives: what is made twice is then one. */
export function derivedId(prefix: IdPrefix, source: string): string {
  return `${prefix}_${encodeBase32(sha256(source).subarray(0, 16))}`;
}
