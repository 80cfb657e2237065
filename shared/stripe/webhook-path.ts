/** Returns the path to which Stripe sends a connection's events, relative to Licenzy's public origin. */
export function buildWebhookPath(connectionId: string): string {
  return `/v1/webhooks/stripe/tenant/${connectionId}`;
}
