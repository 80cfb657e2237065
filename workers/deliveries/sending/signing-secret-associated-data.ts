/**
 * Returns the associated data of an endpoint's sealed signing secret, so that it decrypts for this endpoint
 * only.
 */
export function signingSecretAssociatedData(endpointId: string): string {
  return `endpoints/${endpointId}/signing_secret`;
}
