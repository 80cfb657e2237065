import type { stripeEventSources } from "../contract/enums.ts";

/** How one Stripe event arrived. Times are in ms since 1970. */
export interface EventArrival {
  foundBy: (typeof stripeEventSources)[number];
  /** When the webhook delivered an event that a sweep had found first; `null` if it has not. */
  deliveredAt: number | null;
  stripeCreatedAt: number;
  receivedAt: number;
}

export interface WebhookSilence {
  /** The number of events that the webhook did not deliver. */
  missed: number;
  /** Whether every known event was missed, so that there may be more. */
  isAtLeast: boolean;
  /** When Stripe created the first of them. */
  since: number;
  /** The longest time in ms from the creation of one of them to its recovery by a sweep. */
  longestDelayMs: number;
}

/** A sweep can find an event before its webhook request arrives. */
const deliveryGraceMs = 60_000;
const hourMs = 60 * 60_000;

/**
 * Decides whether Stripe's webhook is silent: `threshold` or more events in a row were found by sweeps only, or all
 * events of an hour were. An event by webhook ends it, and so does one that the webhook delivers late: Stripe retries.
 * Events that Stripe created before the webhook was last registered say nothing about it.
 * `arrivals` are the newest events of a connection, in any order. Returns `null` if the webhook is not silent.
 */
export function judgeWebhook(
  arrivals: readonly EventArrival[],
  { webhookSetAt, threshold, now }: { webhookSetAt: number | null; threshold: number; now: number },
): WebhookSilence | null {
  // Stripe's times have no milliseconds.
  const registeredAt = Math.floor((webhookSetAt ?? 0) / 1_000) * 1_000;
  const lastProofAt = arrivals.reduce((newest, arrival) => Math.max(newest, findProof(arrival) ?? 0), 0);
  const missed = arrivals.filter(
    (arrival) =>
      findProof(arrival) === null &&
      arrival.receivedAt > lastProofAt &&
      arrival.receivedAt <= now - deliveryGraceMs &&
      arrival.stripeCreatedAt >= registeredAt,
  );
  const newestAt = Math.max(...missed.map(({ receivedAt }) => receivedAt));
  const isWholeHour = missed.length > 0 && newestAt - lastProofAt > hourMs;
  if (missed.length < threshold && !isWholeHour) return null;
  return {
    missed: missed.length,
    isAtLeast: missed.length === arrivals.length,
    since: Math.min(...missed.map(({ stripeCreatedAt }) => stripeCreatedAt)),
    longestDelayMs: Math.max(...missed.map((event) => event.receivedAt - event.stripeCreatedAt)),
  };
}

/** When the event showed that the webhook works. */
const findProof = ({ foundBy, deliveredAt, receivedAt }: EventArrival): number | null =>
  foundBy === "webhook" ? receivedAt : deliveredAt;
