import { advanceSubscription } from "./billing/advance.ts";
import { openContext } from "./context.ts";
import { expireSession } from "./payments/expire-session.ts";
import { parseScope } from "./scope.ts";
import { clearTimer, nextTimer } from "./timers.ts";

/**
 * Runs all timers due by `now`, in order, each at its own time. A renewal due in March creates events of
 * March, even when the clock jumps from February to May.
 *
 * Every request runs this first, so that no caller sees an outdated state.
 */
export function runDueTimers(storage: DurableObjectStorage, publicOrigin: string, now: number): void {
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
        throw new Error(`No timer action for ${timer.type}`);
    }
  }
}
