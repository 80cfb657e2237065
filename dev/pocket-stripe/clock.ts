import { advanceSubscription } from "./billing/advance.ts";
import { openContext } from "./context.ts";
import { expireSession } from "./payments/expire-session.ts";
import { parseScope } from "./scope.ts";
import { clearTimer, nextTimer } from "./timers.ts";

/**
 * Does everything that has fallen due up to `now`, in the order of time, each at its own moment: a renewal in March
 * has an event of March, also when the clock jumped from February to May. Every request does this first, so nobody
 * can see a state that the clock has passed.
 */
export function catchUp(storage: DurableObjectStorage, publicOrigin: string, now: number): void {
  for (
    let timer = nextTimer(storage.sql);
    timer !== undefined && timer.at <= now;
    timer = nextTimer(storage.sql)
  ) {
    const context = openContext(storage, publicOrigin, parseScope(timer.scope), timer.at);
    clearTimer(context, timer.id);
    switch (timer.type) {
      case "checkout.session":
        expireSession(context, context.objects.get("checkout.session", timer.id));
        break;
      case "subscription":
        advanceSubscription(context, timer.id);
        break;
      default:
        throw new Error(`Nothing is known to do for a ${timer.type} when its time comes`);
    }
  }
}
