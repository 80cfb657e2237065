import { base32Alphabet, encodeBase32 } from "./base32.ts";
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
  | "msg"
  | "lnk";

/** Creates an id: prefix and 26 base-32 characters of 48 bits of time and 80 random bits. Ids sort by age. */
export function newId(prefix: IdPrefix, now: number = Date.now()): string {
  const bytes = randomBytes();
  writeUint48(bytes, 0, now);
  return `${prefix}_${encodeBase32(bytes)}`;
}

/** Data databases have the numbers from 0 to 127. */
const maxDatabases = 128;

/**
 * Creates the id of a project in the data database `database`. The number takes the place of the first seven bits of the
 * time, which are 0 until the year 2039. So every id of an earlier release names the first database, and the id has the
 * same length, as API keys require. Ids of one database sort by age.
 */
export function newProjectId(now: number, database: number): string {
  if (!Number.isInteger(database) || database < 0 || database >= maxDatabases)
    throw new Error(`no data database has the number ${database}`);
  const id = newId("prj", now);
  const second = base32Alphabet.indexOf(id.charAt(5));
  const numbered = [database >> 2, ((database & 3) << 3) | (second & 7)];
  return `prj_${numbered.map((value) => base32Alphabet.charAt(value)).join("")}${id.slice(6)}`;
}

/** Returns a text below the project ids of the data database `database`, and above those of the databases before it. */
export const projectIdFloor = (database: number): string =>
  `prj_${base32Alphabet.charAt(database >> 2)}${base32Alphabet.charAt((database & 3) << 3)}`;

/** Returns the number of the data database that holds a project's data, from its id alone. Throws for what is no id. */
export function databaseNumberOf(projectId: string): number {
  const first = base32Alphabet.indexOf(projectId.charAt(4) || "?");
  const second = base32Alphabet.indexOf(projectId.charAt(5) || "?");
  if (first < 0 || second < 0) throw new Error("a project id names no data database");
  return (first << 2) | (second >> 3);
}

/** Derives an id from `source`: the same source always gives the same id, so creation can be repeated. */
export function deriveId(prefix: IdPrefix, source: string): string {
  return `${prefix}_${encodeBase32(sha256(source).subarray(0, idLength))}`;
}

/** Returns the id that the Stripe connection of a project and mode has. It is part of the webhook URL at Stripe. */
export const connectionIdOf = ({ projectId, mode }: { projectId: string; mode: string }): string =>
  deriveId("con", `${projectId}/${mode}`);

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
