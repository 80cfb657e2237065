import { encodeBase32 } from "../../../shared/kit/base32.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";

/**
 * Creates the secret of a one-time link. Only its hash is stored, so the link can be shown and mailed only
 * now.
 */
export function newLinkToken(): { token: string; tokenHash: string } {
  const token = encodeBase32(crypto.getRandomValues(new Uint8Array(20)));
  return { token, tokenHash: hashLinkToken(token) };
}

export const hashLinkToken = (token: string): string => sha256Hex(token);
