import type { AlertRule } from "../../../../shared/contract/alerts.ts";
import { describeSweep } from "../../../../shared/contract/sweeps.ts";
import { isFilling, maxD1Bytes, maxObjectBytes } from "../../../../shared/domain/storage-limits.ts";
import { formatBytes, formatCappedCount } from "../../components/labels/common.ts";
import { describeSilence } from "../../components/labels/stripe-event.ts";
import { formatDuration } from "../../components/time.tsx";
import type { Overview } from "../../db/overview.ts";

/** Something that needs an operator and that the rows show before, or without, an alert. */
export interface Problem {
  tone: "bad" | "warn";
  title: string;
  text: string;
  /** Since when. */
  since: number | null;
  action: { label: string; page: string } | null;
  /** The rule that reports it too. Its alert says more, so the problem is left out once there is one. */
  rule: AlertRule | null;
}

/** An event is tried again within seconds, and a delivery sent. A longer wait is reported. */
const longEventWaitMs = 60_000;
const longDeliveryWaitMs = 10 * 60_000;
/** An expiry is recorded within a minute. */
const lateExpiryMs = 5 * 60_000;

const plural = (count: number, noun: string): string =>
  `${formatCappedCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** Lists what needs an operator, the most harmful first. */
export function listProblems(overview: Overview, now: number): Problem[] {
  const problems = [...listEventProblems(overview, now), ...listDeliveryProblems(overview, now)];
  return [...problems, ...listStorageProblems(overview), ...listBackgroundProblems(overview, now)].sort(
    (a, b) => Number(a.tone === "warn") - Number(b.tone === "warn"),
  );
}

function listEventProblems({ facts, silence }: Overview, now: number): Problem[] {
  const { eventsFailed, eventsWaiting, oldestWaitingAt, sweepError, unsynced } = facts;
  const problems: Problem[] = [];
  if (eventsFailed > 0)
    problems.push({
      tone: "bad",
      title: `${plural(eventsFailed, "Stripe event")} failed to process`,
      text: "Affected customers may have the wrong access.",
      since: null,
      action: { label: "Review events", page: "/events?status=failed" },
      rule: "stripe_event_failed",
    });
  if (silence !== null)
    problems.push({
      tone: "bad",
      title: "Stripe webhook silent",
      text: describeSilence(silence),
      since: silence.since,
      action: { label: "Check webhook", page: "/stripe#webhook" },
      rule: "stripe_webhook_silent",
    });
  if (sweepError !== null)
    problems.push({
      tone: "bad",
      title: "Can't read events from Stripe",
      text: `Missed events won't be recovered until this is fixed: ${sweepError}`,
      since: null,
      action: { label: "Check connection", page: "/stripe" },
      rule: "sweep_failing",
    });
  if (eventsWaiting > 0 && oldestWaitingAt !== null && now - oldestWaitingAt > longEventWaitMs)
    problems.push({
      tone: "warn",
      title: `${plural(eventsWaiting, "Stripe event")} queued`,
      text: `Licenzy retries ${eventsWaiting === 1 ? "it" : "them"} automatically.`,
      since: oldestWaitingAt,
      action: { label: "View events", page: "/events?status=received" },
      rule: null,
    });
  if (unsynced > 0)
    problems.push({
      tone: "warn",
      title: `${plural(unsynced, "API key change")} propagating`,
      text: "This takes up to 1 minute.",
      since: null,
      action: { label: "View keys", page: "/keys" },
      rule: null,
    });
  return problems;
}

function listDeliveryProblems({ facts, troubles }: Overview, now: number): Problem[] {
  const { endpointsDisabled, oldestUnsentAt } = facts;
  const { ownFault } = troubles;
  const problems: Problem[] = [];
  if (ownFault !== null)
    problems.push({
      tone: "bad",
      title: `Webhooks to ${plural(ownFault.endpoints, "endpoint")} are paused`,
      text: `Configuration error: ${ownFault.fault} Events are queued, and no attempt is counted.`,
      since: ownFault.since,
      action: { label: "View endpoints", page: "/webhooks" },
      rule: null,
    });
  if (endpointsDisabled > 0)
    problems.push({
      tone: "warn",
      title: `${plural(endpointsDisabled, "webhook endpoint")} ${endpointsDisabled === 1 ? "is" : "are"} disabled`,
      text: "Events are queued.",
      since: null,
      action: { label: "View endpoints", page: "/webhooks" },
      rule: "endpoint_failing",
    });
  if (oldestUnsentAt !== null && now - oldestUnsentAt > longDeliveryWaitMs)
    problems.push({
      tone: "warn",
      title: "Webhook deliveries are failing",
      text: "Licenzy retries automatically.",
      since: oldestUnsentAt,
      action: { label: "View deliveries", page: "/deliveries?status=open" },
      rule: "endpoint_failing",
    });
  return problems;
}

function listStorageProblems({ facts }: Overview): Problem[] {
  const { d1Bytes, largestObjectBytes, largestObjectRef } = facts;
  const problems: Problem[] = [];
  const full = (what: string, text: string, page: string | null): Problem => ({
    tone: "bad",
    title: `${what} is nearly full`,
    text,
    since: null,
    action: page === null ? null : { label: "Review customer", page },
    rule: null,
  });
  if (d1Bytes !== null && isFilling(d1Bytes, maxD1Bytes))
    problems.push(
      full(
        "The database",
        `${formatBytes(d1Bytes)} of ${formatBytes(maxD1Bytes)}. Checkouts and Stripe events fail when it is full.`,
        null,
      ),
    );
  if (
    largestObjectBytes !== null &&
    largestObjectRef !== null &&
    isFilling(largestObjectBytes, maxObjectBytes)
  )
    problems.push(
      full(
        "A customer's storage",
        `${formatBytes(largestObjectBytes)} of ${formatBytes(maxObjectBytes)}.`,
        `/customers/${encodeURIComponent(largestObjectRef)}`,
      ),
    );
  return problems;
}

/** Names background work that is slow, fails or is stopped by a fault of this installation. */
function listBackgroundProblems({ troubles }: Overview, now: number): Problem[] {
  const { sweeps, unwritten, erasureSince, behindSince } = troubles;
  const problems: Problem[] = [];
  if (unwritten !== null)
    problems.push({
      tone: "bad",
      title: `Can't write changes of ${plural(unwritten.customers, "customer")} to the database`,
      text: `Lists and webhooks miss them. Access is not affected. ${unwritten.error}`,
      since: null,
      action: { label: "Review customer", page: `/customers/${encodeURIComponent(unwritten.subjectRef)}` },
      rule: null,
    });
  for (const { sweep, since, durationMs, error } of sweeps) {
    const work = describeSweep(sweep);
    const what = error === null ? "" : ` and failed: ${error}`;
    problems.push({
      tone: "warn",
      title: `Background work ${error === null ? "is slow" : "fails"}: ${work}`,
      text: `The last run took ${formatDuration(durationMs)}${what}. Licenzy retries every minute. Other work is not affected.`,
      since,
      action: null,
      rule: "sweep_failing",
    });
  }
  if (behindSince !== null && now - behindSince > lateExpiryMs)
    problems.push({
      tone: "warn",
      title: "An expiry is not recorded",
      text: "Access ended on time. Lists and webhooks follow. Licenzy retries every minute.",
      since: behindSince,
      action: null,
      rule: "copy_behind",
    });
  if (erasureSince !== null)
    problems.push({
      tone: "bad",
      title: "An erasure has not finished",
      text: "Licenzy retries every minute.",
      since: erasureSince,
      action: null,
      rule: null,
    });
  return problems;
}
