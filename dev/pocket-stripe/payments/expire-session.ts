import type { Context } from "../context.ts";
import { emitEvent } from "../events.ts";
import { clearTimer } from "../timers.ts";
import type { StripeObjects } from "../wire.ts";

/** Expires a session, which must be open. */
export function expireSession(
  context: Context,
  session: StripeObjects["checkout.session"],
): StripeObjects["checkout.session"] {
  const expired: StripeObjects["checkout.session"] = { ...session, status: "expired", url: null };
  context.objects.save(expired);
  clearTimer(context, session.id);
  emitEvent(context, "checkout.session.expired", expired);
  return expired;
}
