import { type Mode, modes, type Region, regions } from "../contract/enums.ts";
import { decodeBase32, encodeBase32 } from "./base32.ts";
import { equalInConstantTime, sha256, sha256Hex } from "./hash.ts";

/**
 * The format of an API key: `lz_test_` or `lz_live_`, then base 32 of version (1 byte), region (1), project
 * id (16), random (20 = 160 bits), checksum (4).
 *
 * The region and project id identify the `Keyring` object that stores the key, so finding it needs no lookup.
 * The checksum (of mode and payload) rejects typing errors and junk without any I/O. It is not a secret.
 */
const version = 1;
const payloadBytes = 1 + 1 + 16 + 20;
const checksumBytes = 4;

export interface ApiKeyParts {
  mode: Mode;
  region: Region;
  projectId: string;
  /** SHA-256 of the whole key, in hex: the only form in which the key is stored. */
  hash: string;
}

export function generateApiKey(mode: Mode, region: Region, projectId: string): string {
  const project = decodeBase32(projectId.slice("prj_".length));
  if (project?.length !== 16) throw new Error(`not a project id: ${projectId}`);
  const payload = new Uint8Array(payloadBytes);
  payload[0] = version;
  payload[1] = regions.indexOf(region);
  payload.set(project, 2);
  payload.set(crypto.getRandomValues(new Uint8Array(20)), 18);
  return `lz_${mode}_${encodeBase32(new Uint8Array([...payload, ...checksum(mode, payload)]))}`;
}

/**
 * Parses a key; `null` when its format or checksum is wrong. A parsed key may still be unknown or revoked.
 */
export function parseApiKey(key: string): ApiKeyParts | null {
  const mode = modes.find((candidate) => key.startsWith(`lz_${candidate}_`));
  if (mode === undefined) return null;
  const bytes = decodeBase32(key.slice(`lz_${mode}_`.length));
  if (bytes?.length !== payloadBytes + checksumBytes) return null;
  const payload = bytes.subarray(0, payloadBytes);
  if (!equalInConstantTime(bytes.subarray(payloadBytes), checksum(mode, payload))) return null;
  const region = regions[payload[1] ?? regions.length];
  if (payload[0] !== version || region === undefined) return null;
  return { mode, region, projectId: `prj_${encodeBase32(payload.subarray(2, 18))}`, hash: sha256Hex(key) };
}

function checksum(mode: Mode, payload: Uint8Array): Uint8Array {
  return sha256(new Uint8Array([modes.indexOf(mode), ...payload])).subarray(0, checksumBytes);
}

/** Returns the part of a key that may be displayed: prefix and last four characters. */
export function formatApiKeyHint(key: string): string {
  return `${key.slice(0, "lz_test_".length)}…${key.slice(-4)}`;
}
