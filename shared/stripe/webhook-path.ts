/** Where Stripe sends a connection's events, below the origin at which it reaches us. */
export function webhookPathOf(connectionId: string): string {
  return `/v1/webhooks/stripe/tenant/${connectionId}`;
}
