import type { CustomerScenes } from "./customer-scenes.ts";

/** A customer before the trigger, and what the trigger needs to know. */
export interface Scene {
  before?(scenes: CustomerScenes, ref: string): Promise<string | undefined>;
  trigger(scenes: CustomerScenes, ref: string, known: string): Promise<unknown>;
  /** The answer of a check after it: `allowed`, or the reason. */
  check: string;
  /** The status of the newest entitlement; `none` without one. */
  status: string;
  /** Why one of the entitlements alone would not give access. */
  alone?: string;
  /** The types of the events after the trigger, in any order and number. */
  events: string[];
}

export const paysOnce = async (scenes: CustomerScenes, ref: string) =>
  (await scenes.buys(ref, "CREDITS_1000")).paymentIntent;
