import { advanceClock } from "./dev-clock.ts";
import type { GatewayEnv } from "./env.ts";

const dayMs = 86_400_000;
const mostSteps = 400;

/** A step that another worker did not follow. The clock stays where it got to: it never goes back. */
export class ClockWalkError extends Error {
  override name = "ClockWalkError";
}

/**
 * Moves the one clock of the stack by `totalMs`, in steps of a day, or longer ones when it would take more than
 * 400. After each step pocket Stripe does what has become due there, and then our sweeps do, so that a renewal
 * and our own expiries happen in the order in which they would in life.
 */
export async function walkClock(env: GatewayEnv, totalMs: number): Promise<number> {
  const stepMs = Math.max(dayMs, Math.ceil(totalMs / mostSteps));
  let offsetMs = 0;
  for (let walkedMs = 0; walkedMs < totalMs; walkedMs += stepMs) {
    offsetMs = await advanceClock(env, Math.min(stepMs, totalMs - walkedMs));
    // A real Stripe account has a clock that nobody can move.
    if (env.REAL_STRIPE === undefined) await tellPocketStripe(env, Date.now() + offsetMs);
    await env.SWEEPS.everyMinute({ settle: true });
  }
  return offsetMs;
}

async function tellPocketStripe(env: GatewayEnv, nowMs: number): Promise<void> {
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
}
