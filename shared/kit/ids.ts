import { encodeBase32 } from "./base32.ts";
import { sha256 } from "./hash.ts";
import { uint48Length, writeUint48 } from "./uint48.ts";

/** In bytes: of 48 bits of time and 80 others. */
const idLength = 16;

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
  const bytes = randomBytes();
  writeUint48(bytes, 0, now);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** An id that the same `source` always gives: what is made twice is then one. */
export function derivedId(prefix: IdPrefix, source: string): string {
  return `${prefix}_${encodeBase32(sha256(source).subarray(0, idLength))}`;
}

/** As `derivedId`, but of things that happened at `at`: 48 bits of time, then 80 of the source, so that ids sort by age. */
export function derivedIdAt(prefix: IdPrefix, at: number, source: string): string {
  const bytes = new Uint8Array(idLength);
  bytes.set(sha256(source).subarray(0, idLength - uint48Length), uint48Length);
  writeUint48(bytes, 0, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Below every id of this prefix that was made at `at` or later, above all earlier ones. */
export function idFloor(prefix: IdPrefix, at: number): string {
  const bytes = new Uint8Array(idLength);
  writeUint48(bytes, 0, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Fetched for 256 ids at a time: to ask the platform costs more than to make the id. */
const random = new Uint8Array(256 * idLength);
let unused = 0;

/** A view that the next ids don't touch, for as long as it takes to write this one. */
function randomBytes(): Uint8Array {
  if (unused === 0) {
    crypto.getRandomValues(random);
    unused = random.length;
  }
  unused -= idLength;
  return random.subarray(unused, unused + idLength);
}
