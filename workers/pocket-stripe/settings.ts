/** What the controls set. Kept beside the objects, so that a restart doesn't end a test's failure. */
export interface Settings {
  /** What becomes of new events: sent, kept for a `release`, or not sent at all (the event list still has them). */
  deliveryMode: "normal" | "hold" | "drop";
  /** The failure of the next API calls; `null` when they are to succeed. */
  apiFailure: ApiFailure | null;
  /** By restricted key, the permissions that it lacks. */
  missingPermissions: Record<string, string[]>;
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

const defaults: Settings = { deliveryMode: "normal", apiFailure: null, missingPermissions: {} };

export function readSettings(storage: DurableObjectStorage): Settings {
  return { ...defaults, ...storage.kv.get<Partial<Settings>>("settings") };
}

export function changeSettings(storage: DurableObjectStorage, change: Partial<Settings>): Settings {
  const settings = { ...readSettings(storage), ...change };
  storage.kv.put("settings", settings);
  return settings;
}
