/** Returns the associated data of a channel's sealed value, so that it decrypts for this channel only. */
export const channelAssociatedData = (channelId: string, field: "address" | "secret"): string =>
  `alert_channels/${channelId}/${field}`;
