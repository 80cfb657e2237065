/** One signing secret of an endpoint, sealed. */
export interface SigningSecret {
  sealed: string;
  /** Until when it signs beside a newer one, in milliseconds since 1970; `null` for the newest, which has no end. */
  signsUntil: number | null;
}

const dayMs = 86_400_000;
export const longestOverlapMs = 7 * dayMs;

/** More than this many never sign at once: a header has its limits. The oldest goes first. */
const mostSecrets = 5;

/** What the column `endpoints.signing_secrets` holds, newest first. */
export function readSigningSecrets(column: string): [SigningSecret, ...SigningSecret[]] {
  const secrets = JSON.parse(column) as SigningSecret[];
  const [newest, ...former] = secrets;
  if (newest === undefined) throw new Error("an endpoint has no signing secret");
  return [newest, ...former];
}

/** Those that sign at `now`, newest first. */
export function secretsThatSign(secrets: readonly SigningSecret[], now: number): SigningSecret[] {
  return secrets.filter(({ signsUntil }) => signsUntil === null || signsUntil > now);
}

/** The new secret signs from now on; the one before goes on for `overlapMs`, and older ones as long as they would have. */
export function rotate(
  secrets: readonly SigningSecret[],
  sealed: string,
  { now, overlapMs }: { now: number; overlapMs: number },
): SigningSecret[] {
  const former = secrets.map((secret) => ({
    sealed: secret.sealed,
    signsUntil: Math.min(secret.signsUntil ?? now + overlapMs, now + overlapMs),
  }));
  return [{ sealed, signsUntil: null }, ...secretsThatSign(former, now)].slice(0, mostSecrets);
}
