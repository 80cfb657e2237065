import { sha256Hex } from "../../../shared/kit/hash.ts";

/** The hash before the first entry. */
export const genesisHash = "0".repeat(64);

/**
 * The hash of an entry: it covers the entry and, through the hash before it, all its predecessors. So an entry that
 * is edited, lost, moved or doubled no longer fits its neighbours.
 */
export function chainHash(previousHash: string, sequence: number, at: number, body: string): string {
  return sha256Hex(`${previousHash}\n${sequence}\n${at}\n${body}`);
}
