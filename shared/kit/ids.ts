import { encodeBase32 } from "./base32.ts";
import { sha256 } from "./hash.ts";
import { uint48Length, writeUint48 } from "./uint48.ts";

/** Length of an id in bytes: 48 bits of time and 80 other bits. */
const idLength = 16;

/** The kind of object an id belongs to: `prj_…`, `att_…`, and so on. */
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
  | "ers"
  | "alr"
  | "chn"
  | "msg";

/** Creates an id: prefix and 26 base-32 characters of 48 bits of time and 80 random bits. Ids sort by age. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  const bytes = randomBytes();
  writeUint48(bytes, 0, now);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Derives an id from `source`: the same source always gives the same id, so creation can be repeated. */
export function deriveId(prefix: IdPrefix, source: string): string {
  return `${prefix}_${encodeBase32(sha256(source).subarray(0, idLength))}`;
}

/** Derives an id from the time `at` (48 bits) and the source (80 bits), so that ids sort by age. */
export function deriveIdAt(prefix: IdPrefix, at: number, source: string): string {
  const bytes = new Uint8Array(idLength);
  bytes.set(sha256(source).subarray(0, idLength - uint48Length), uint48Length);
  writeUint48(bytes, 0, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Returns an id below every id of the prefix created at `at` or later, and above all earlier ones. */
export function idFloor(prefix: IdPrefix, at: number): string {
  const bytes = new Uint8Array(idLength);
  writeUint48(bytes, 0, at);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Random bytes for 256 ids at a time: calling the platform costs more than building an id. */
const random = new Uint8Array(256 * idLength);
let unused = 0;

/** Returns a view into the pool. A refill overwrites it, so the caller encodes it immediately. */
function randomBytes(): Uint8Array {
  if (unused === 0) {
    crypto.getRandomValues(random);
    unused = random.length;
  }
  unused -= idLength;
  return random.subarray(unused, unused + idLength);
}
