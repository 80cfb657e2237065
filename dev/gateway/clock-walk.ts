import { advanceClock, clockOffsetMs } from "./dev-clock.ts";
import type { GatewayEnv } from "./env.ts";

const dayMs = 86_400_000;
const mostHalts = 400;
/** Shorter than the 29 days after which a sweep no longer trusts Stripe's event list. */
const longestMs = 28 * dayMs;

/** A step that another worker did not follow. The clock stays where it got to: it never goes back. */
export class ClockWalkError extends Error {
  override name = "ClockWalkError";
}

/**
 * Moves the one clock of the stack by `totalMs`. It halts where something falls due, at pocket Stripe or with us, but not
 * more than once a day, so that a renewal and our own expiries happen in the order in which they would in life. At each
 * halt pocket Stripe does what has become due there, and then our sweeps do.
 */
export async function walkClock(env: GatewayEnv, totalMs: number): Promise<number> {
  let offsetMs = await clockOffsetMs(env);
  const endMs = offsetMs + totalMs;
  const shortestMs = Math.max(dayMs, Math.ceil(totalMs / mostHalts));
  let dueAtMs = await env.SWEEPS.nextDue();
  // A real Stripe account has a clock that nobody can move.
  const hasPocketStripe = env.REAL_STRIPE === undefined;
  if (hasPocketStripe) dueAtMs = earlier(dueAtMs, await tellPocketStripe(env, Date.now() + offsetMs));
  while (offsetMs < endMs) {
    const untilDueMs = dueAtMs === null ? longestMs : dueAtMs - Date.now() - offsetMs;
    const stepMs = Math.min(Math.max(untilDueMs, shortestMs), longestMs, endMs - offsetMs);
    offsetMs = await advanceClock(env, stepMs);
    const stripeDueAtMs = hasPocketStripe ? await tellPocketStripe(env, Date.now() + offsetMs) : null;
    await env.SWEEPS.everyMinute({ settle: true });
    dueAtMs = earlier(stripeDueAtMs, await env.SWEEPS.nextDue());
  }
  return offsetMs;
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}

/** Has pocket Stripe do what fell due by `nowMs`. Returns when its next thing does, in milliseconds since 1970. */
async function tellPocketStripe(env: GatewayEnv, nowMs: number): Promise<number | null> {
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
