/**
 * What the controls set, for all accounts or for one, so that tests which share a stack don't disturb each other. Kept beside the objects, so that a restart
 * doesn't end a failure that was asked for.
 */
export interface Settings {
  /**
   * What becomes of new events: sent, kept for a `release`, or not sent at all. The event list has them all the same,
   * but for `late`: kept like `hold`, and not listed before they are released, as when Stripe itself is behind.
   */
  deliveryMode: "normal" | "hold" | "late" | "drop";
  /** The failure of the next API calls; `null` when they are to succeed. */
  apiFailure: ApiFailure | null;
  /** By restricted key, the permissions that it lacks. */
  missingPermissions: Record<string, string[]>;
  /** What follows a renewal that isn't paid. */
  dunning: {
    /** Days from each failed attempt to the next. */
    retryDays: number[];
    /** What becomes of the subscription when the last attempt fails. */
    afterwards: "canceled" | "unpaid";
  };
}

export interface ApiFailure {
  /** How many more calls fail. */
  next: number;
  /** `reset`: the connection breaks. `hang`: no answer for 30 s, then it breaks. */
  fail: { status: FailureStatus } | "hang" | "reset";
  /** The call takes effect, only its answer is lost. */
  lost: boolean;
  /** Calls whose path begins so, with `/v1/`. */
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

/** As they hold for an account: its own first, then what was set for all. Without one, what was set for all. */
export function readSettings(storage: DurableObjectStorage, accountId?: string): Settings {
  return {
    ...defaults,
    ...storage.kv.get<Partial<Settings>>("settings"),
    ...(accountId === undefined ? {} : ownSettings(storage, accountId)),
  };
}

/** For one account, or without one for all that have no setting of their own. Returns what then holds. */
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
