/** How long an entered password or code counts as recent authentication. */
const maxAuthenticationAgeMs = 30 * 60_000;

export function isAuthenticationRecent(authenticatedAt: number | null, now: number): boolean {
  return authenticatedAt !== null && now - authenticatedAt < maxAuthenticationAgeMs;
}
