import type { Observation, SubscriptionItem } from "./stripe-record.ts";

// An event contains the first 10 items of a subscription. Stripe shows the others only as they are at a read,
// so of these the last state counts alone. Which of their former states were ever read depends on when the
// events arrived.

/**
 * Adds the items that are missing in an event, as the newest complete observation has them. Their former
 * period is not known.
 */
export function completeItems(observations: Observation[]): Observation[] {
  const complete = findNewestComplete(observations);
  if (complete === undefined) return observations;
  return observations.map((observation) => {
    if (!observation.hasMoreItems) return observation;
    const { at, items } = observation;
    const isMissing = ({ itemId, createdAt }: SubscriptionItem) =>
      !items.some((known) => known.itemId === itemId) && (createdAt ?? 0) <= at;
    const missing = complete.items.filter(isMissing);
    const isFormer = complete.at > at;
    const added = isFormer ? missing.map((item) => ({ ...item, currentPeriodEnd: null })) : missing;
    return { ...observation, items: [...items, ...added] };
  });
}

/** Drops the reads before the newest complete observation, once an event has only the first items. */
export function dropFormerReads(observations: Observation[]): Observation[] {
  if (!observations.some(({ hasMoreItems }) => hasMoreItems)) return observations;
  const complete = findNewestComplete(observations);
  return observations.filter((each) => each.said !== "read" || each === complete);
}

const findNewestComplete = (observations: Observation[]): Observation | undefined =>
  observations.findLast(({ hasMoreItems }) => !hasMoreItems);
