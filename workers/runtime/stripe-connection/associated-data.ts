/**
 * Associated data of a connection's encrypted secrets. It binds a ciphertext to its column and row, so it
 * can't be decrypted anywhere else (shared/kit/encryption.ts).
 */
export const apiKeyAssociatedData = (connectionId: string) => `stripe_connections/${connectionId}/api_key`;
export const webhookSecretAssociatedData = (connectionId: string) =>
  `stripe_connections/${connectionId}/webhook_secret`;
