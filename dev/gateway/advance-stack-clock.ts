import { advanceClock, clockOffsetMs } from "./dev-clock.ts";
import type { GatewayEnv } from "./env.ts";

const dayMs = 86_400_000;
const maxSteps = 400;
/** Maximum step. Sweeps stop trusting Stripe's event list after 29 days. */
const maxStepMs = 28 * dayMs;

/** Another worker failed to follow a step. The clock stays at that step, since it never goes back. */
export class ClockWalkError extends Error {
  override name = "ClockWalkError";
}

/**
 * Advances the stack's clock by `totalMs`, in steps. Each step ends where work falls due, in pocket Stripe
 * or in a sweep, and takes at least one day. Renewals and expiries therefore happen in the same order as in
 * real time.
 *
 * After each step, pocket Stripe processes what is due there. Then the sweeps run.
 */
export async function advanceStackClock(env: GatewayEnv, totalMs: number): Promise<number> {
  let offsetMs = await clockOffsetMs(env);
  const endMs = offsetMs + totalMs;
  const minStepMs = Math.max(dayMs, Math.ceil(totalMs / maxSteps));
  let dueAtMs = await env.SWEEPS.nextDue();
  // The clock of a real Stripe account can't be moved.
  const hasPocketStripe = env.STRIPE_BASE === undefined;
  if (hasPocketStripe) dueAtMs = earlier(dueAtMs, await advancePocketStripe(env, Date.now() + offsetMs));
  while (offsetMs < endMs) {
    const untilDueMs = dueAtMs === null ? maxStepMs : dueAtMs - Date.now() - offsetMs;
    const stepMs = Math.min(Math.max(untilDueMs, minStepMs), maxStepMs, endMs - offsetMs);
    offsetMs = await advanceClock(env, stepMs);
    const stripeDueAtMs = hasPocketStripe ? await advancePocketStripe(env, Date.now() + offsetMs) : null;
    await env.SWEEPS.runAll({ settle: true });
    dueAtMs = earlier(stripeDueAtMs, await env.SWEEPS.nextDue());
  }
  return offsetMs;
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/**
 * Makes pocket Stripe process what is due by `nowMs`. Returns when its next work is due, in milliseconds
 * since 1970.
 */
async function advancePocketStripe(env: GatewayEnv, nowMs: number): Promise<number | null> {
  const reply = await env.POCKET_STRIPE.fetch(`${env.PUBLIC_ORIGIN}/pocket-stripe/control/clock`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ now: Math.floor(nowMs / 1000) }),
  });
  const text = await reply.text();
  if (!reply.ok) {
    const at = new Date(nowMs).toISOString();
    throw new ClockWalkError(
      `pocket Stripe did not follow the clock to ${at} (${reply.status}): ${text.slice(0, 500)}`,
    );
  }
  const { next_due } = JSON.parse(text) as { next_due: number | null };
  return next_due === null ? null : next_due * 1000;
}
