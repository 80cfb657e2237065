/**
 * Settings made by controls, for all accounts or for one, so that tests can share a stack. Stored with the
 * objects, so that a restart does not clear a requested failure.
 */
export interface Settings {
  /**
   * Handling of new events: sent, held for a `release`, or dropped. The event list shows them in all cases
   * but one.
   *
   * `late` events are held and also missing from the list until they are released, as when Stripe itself is
   * behind.
   */
  deliveryMode: "normal" | "hold" | "late" | "drop";
  /** Failure of the next API calls. `null` when they succeed. */
  apiFailure: ApiFailure | null;
  /** Missing permissions by restricted key. */
  missingPermissions: Record<string, string[]>;
  /** Handling of unpaid renewals. */
  dunning: {
    /** Days between a failed attempt and the next. */
    retryDays: number[];
    /** Status of the subscription after the last attempt failed. */
    afterwards: "canceled" | "unpaid";
  };
}

export interface ApiFailure {
  /** Number of calls that still fail. */
  next: number;
  /** `reset`: the connection breaks. `hang`: no response for 30 s, then the connection breaks. */
  fail: { status: FailureStatus } | "hang" | "reset";
  /** The call takes effect, but its response is lost. */
  lost: boolean;
  /** Prefix of the affected paths, including `/v1/`. */
  path: string;
}

export const failureStatuses = [400, 402, 409, 429, 500, 503] as const;
export type FailureStatus = (typeof failureStatuses)[number];

const defaults: Settings = {
  deliveryMode: "normal",
  apiFailure: null,
  missingPermissions: {},
  dunning: { retryDays: [1, 3, 5, 7], afterwards: "canceled" },
};

/** Returns the settings of an account: its own, then those for all accounts, then the defaults. */
export function readSettings(storage: DurableObjectStorage, accountId?: string): Settings {
  return {
    ...defaults,
    ...storage.kv.get<Partial<Settings>>("settings"),
    ...(accountId === undefined ? {} : ownSettings(storage, accountId)),
  };
}

/** Changes the settings of an account, or the settings for all accounts. Returns the result. */
export function changeSettings(
  storage: DurableObjectStorage,
  change: Partial<Settings>,
  accountId?: string,
): Settings {
  const before =
    accountId === undefined ? storage.kv.get<Partial<Settings>>("settings") : ownSettings(storage, accountId);
  storage.kv.put(accountId === undefined ? "settings" : `settings ${accountId}`, { ...before, ...change });
  return readSettings(storage, accountId);
}

export function ownSettings(storage: DurableObjectStorage, accountId: string): Partial<Settings> {
  return storage.kv.get<Partial<Settings>>(`settings ${accountId}`) ?? {};
}
