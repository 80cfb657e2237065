import { hasAttributes, toComparedAttributes } from "./compared-attributes.ts";
import { dropFormerReads } from "./complete-items.ts";
import { orderChanges } from "./order-changes.ts";
import { hasEnded, type Observation, type SubscriptionRecord } from "./stripe-record.ts";

export interface MergeResult {
  record: SubscriptionRecord;
  /**
   * `false` when the latest observations share one second and their order is ambiguous. The caller then
   * reads the subscription from Stripe.
   */
  isSettled: boolean;
}

/**
 * The number of newest observations that are kept in full. Events arrive at most 30 days late, and no
 * subscription has this many in 30 days.
 */
const maxFullObservations = 48;

/**
 * Adds observations to the record. The result depends on the set of observations, not on order or repetition.
 */
export function mergeObservations(record: SubscriptionRecord, incoming: Observation[]): MergeResult {
  const known = new Set(record.observations.map(({ sourceId }) => sourceId));
  const added = incoming.filter(({ sourceId }) => !known.has(sourceId));
  if (added.length === 0) return { record, isSettled: true };
  const { observations, isSettled } = sortObservations([...record.observations, ...added]);
  // A read is requested after all other observations were reported, so it settles their order.
  const hasRead = added.some(({ said }) => said === "read");
  return {
    record: { ...record, observations: dropRepetitions(dropFormerReads(observations)) },
    isSettled: isSettled || hasRead,
  };
}

/** Ranks observations of one second: creation, then changes, then the end. Stripe reopens no subscription. */
function rank(observation: Observation): number {
  if (hasEnded(observation.status)) return 3;
  return { created: 0, updated: 1, read: 2, deleted: 3 }[observation.said];
}

function sortObservations(observations: Observation[]): { observations: Observation[]; isSettled: boolean } {
  const ordered: Observation[] = [];
  let isSettled = true;
  const remaining = observations.toSorted(
    (a, b) => compareEnds(a, b) || a.at - b.at || rank(a) - rank(b) || compareIds(a, b),
  );
  for (let [first] = remaining; first !== undefined; [first] = remaining) {
    const { at, said } = first;
    const groupRank = rank(first);
    const group = remaining.filter((other) => other.at === at && rank(other) === groupRank);
    remaining.splice(0, group.length);
    const before = ordered.at(-1);
    if (said === "read" && groupRank === 2) {
      // A read shows one moment within its second. Ids of reads sort by request time, so the last one shows
      // the state after all known changes. An earlier one that shows a known state adds nothing, and would
      // appear to follow the changes that came after it.
      const earlier = ordered.findLast((known) => known.at < at);
      const states = ordered.filter((known) => known.at === at || known === earlier);
      const isKnown = (read: Observation) => states.some((known) => isSameSnapshot(known, read));
      ordered.push(...group.filter((read, index) => index === group.length - 1 || !isKnown(read)));
      if (before?.at === at) isSettled &&= group.every((read) => isSameSnapshot(before, read));
      else isSettled = true;
      continue;
    }
    const changes = orderChanges(group, before);
    ordered.push(...changes.observations);
    isSettled = changes.isSettled || groupRank === 3;
  }
  return { observations: ordered, isSettled };
}

/** Sorts the end of the subscription last. No report of another status, older or newer, reopens it. */
const compareEnds = (a: Observation, b: Observation) =>
  Number(hasEnded(a.status)) - Number(hasEnded(b.status));

const compareIds = (a: Observation, b: Observation) => (a.sourceId < b.sourceId ? -1 : 1);

function isSameSnapshot(a: Observation, b: Observation): boolean {
  return (
    hasAttributes(a, toComparedAttributes(b)) &&
    a.endedAt === b.endedAt &&
    JSON.stringify(a.items) === JSON.stringify(b.items)
  );
}

/**
 * Bounds the record's size: drops reads that show no change, and old observations that repeat the last. The
 * changes of one second order each other, so they are dropped together or not at all.
 */
function dropRepetitions(observations: Observation[]): Observation[] {
  const newest = observations.length - 1;
  const isRepetition = (observation: Observation, index: number) => {
    const before = observations[index - 1];
    if (before === undefined || index === newest) return false;
    if (observation.said === "read") return isSameSnapshot(before, observation);
    const isOld = observations.length - index > maxFullObservations;
    return (
      isOld && before.status === observation.status && toProductKey(before) === toProductKey(observation)
    );
  };
  const kept = new Set(observations.filter((observation, index) => !isRepetition(observation, index)));
  const isChange = ({ said }: Observation) => said !== "read";
  const isNeeded = (observation: Observation) => {
    const others = observations.filter((other) => other.at === observation.at && kept.has(other));
    return others.filter(isChange).length > 1;
  };
  return observations.filter((each) => kept.has(each) || (isChange(each) && isNeeded(each)));
}

function toProductKey({ items }: Observation): string {
  return items.map(({ productCode, priceId }) => productCode ?? priceId).join();
}
