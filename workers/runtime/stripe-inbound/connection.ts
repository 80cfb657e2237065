/** Where a connection's secrets lie: sealed with their place, they open nowhere else (shared/kit/crypto-box.ts). */
export const apiKeyPlace = (connectionId: string) => `stripe_connections/${connectionId}/api_key`;
export const webhookSecretPlace = (connectionId: string) =>
  `stripe_connections/${connectionId}/webhook_secret`;
