/** What a sealed signing secret is bound to: it opens nowhere else. */
export function signingSecretPlace(endpointId: string): string {
  return `endpoints/${endpointId}/signing_secret`;
}
