/** One account in one mode: the scope of a secret key. Objects of different scopes never mix. */
export interface Scope {
  accountId: string;
  livemode: boolean;
}

export function scopeName({ accountId, livemode }: Scope): string {
  return `${accountId}/${livemode ? "live" : "test"}`;
}

export function parseScope(name: string): Scope {
  const [accountId = "", mode] = name.split("/");
  return { accountId, livemode: mode === "live" };
}

export function otherMode({ accountId, livemode }: Scope): Scope {
  return { accountId, livemode: !livemode };
}
