/** How long a password or code that was shown counts as proof for what asks for one again. */
const proofLifetimeMs = 30 * 60_000;

export function isProofFresh(provenAt: number | null, now: number): boolean {
  return provenAt !== null && now - provenAt < proofLifetimeMs;
}
