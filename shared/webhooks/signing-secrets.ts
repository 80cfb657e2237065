/** One sealed signing secret of an endpoint. */
export interface SigningSecret {
  sealed: string;
  /**
   * The secret signs until then, in addition to newer ones (milliseconds since 1970); `null` for the newest.
   */
  signsUntil: number | null;
}

/**
 * The most secrets that sign at once, because the size of a header is limited. The oldest is dropped first.
 */
const maxActiveSecrets = 5;

/** Parses the column `endpoints.signing_secrets`, newest first. */
export function parseSigningSecrets(column: string): [SigningSecret, ...SigningSecret[]] {
  const secrets = JSON.parse(column) as SigningSecret[];
  const [newest, ...former] = secrets;
  if (newest === undefined) throw new Error("the endpoint has no signing secret");
  return [newest, ...former];
}

/** Returns the secrets that sign at `now`, newest first. */
export function findActiveSecrets(secrets: readonly SigningSecret[], now: number): SigningSecret[] {
  return secrets.filter(({ signsUntil }) => signsUntil === null || signsUntil > now);
}

/**
 * Adds a secret that signs from now on. Former secrets sign until their own end, but at most for `overlapMs`.
 */
export function rotateSecrets(
  secrets: readonly SigningSecret[],
  sealed: string,
  { now, overlapMs }: { now: number; overlapMs: number },
): SigningSecret[] {
  const former = secrets.map((secret) => ({
    sealed: secret.sealed,
    signsUntil: Math.min(secret.signsUntil ?? now + overlapMs, now + overlapMs),
  }));
  return [{ sealed, signsUntil: null }, ...findActiveSecrets(former, now)].slice(0, maxActiveSecrets);
}
