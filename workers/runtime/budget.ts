import type { RuntimeContext } from "./request-context.ts";

/** How long a request may take before it is answered with 503, in milliseconds, a little below what page 1 promises. */
const budgets = { check: 350, read: 1_800, consume: 1_800 };

/** Of the look-up of a key that is not in memory; a check that waited so long still has time for its subject. */
export const keyTimeoutMs = 250;

/** What is left of the request's time: what came before, like the look-up of its key, counts. */
export function timeLeftMs(c: RuntimeContext, what: keyof typeof budgets): number {
  return Math.max(0, c.startedAt + budgets[what] - Date.now());
}
