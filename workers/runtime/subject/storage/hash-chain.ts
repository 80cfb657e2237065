import { sha256Hex } from "../../../../shared/kit/hash.ts";

/** The previous hash of the first entry. */
export const genesisHash = "0".repeat(64);

/**
 * Returns the hash of an entry. It covers the entry and, through the previous hash, all entries before it. An
 * entry that is edited, lost, reordered or duplicated breaks the chain.
 */
export function chainHash(previousHash: string, sequence: number, at: number, body: string): string {
  return sha256Hex(`${previousHash}\n${sequence}\n${at}\n${body}`);
}
