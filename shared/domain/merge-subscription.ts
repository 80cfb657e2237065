import {
  type ComparedAttributes,
  hasEnded,
  type Observation,
  type SubscriptionRecord,
  type SubscriptionSnapshot,
} from "./stripe-record.ts";

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
 * The most changes of one second to search for an order. Beyond this, the subscription is read from Stripe.
 */
const maxChainLength = 12;

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
    record: { ...record, observations: dropRepetitions(observations) },
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
    const chain = orderByChanges(group, before);
    ordered.push(...chain.observations);
    isSettled = chain.isSettled || groupRank === 3;
  }
  return { observations: ordered, isSettled };
}

/** Sorts the end of the subscription last. No report of another status, older or newer, reopens it. */
const compareEnds = (a: Observation, b: Observation) =>
  Number(hasEnded(a.status)) - Number(hasEnded(b.status));

const compareIds = (a: Observation, b: Observation) => (a.sourceId < b.sourceId ? -1 : 1);

/**
 * Orders observations of one second into a chain in which each one changed the state of the previous one.
 * Several such chains may exist. Chains with the same start have the same end, because they apply the same
 * set of changes.
 */
function orderByChanges(group: Observation[], before: Observation | undefined) {
  if (group.length === 1) return { observations: group, isSettled: true };
  const following = group.filter((first) => before !== undefined && follows(first, before));
  const chains = (following.length > 0 ? following : group)
    .map((first) => findChain(first, withoutOne(group, first)))
    .filter((chain) => chain !== null);
  const lasts = chains.flatMap((chain) => chain.at(-1) ?? []);
  return { observations: chains[0] ?? group, isSettled: areSameSnapshots(lasts) };
}

function findChain(first: Observation, others: Observation[]): Observation[] | null {
  if (others.length === 0) return [first];
  if (others.length > maxChainLength) return null;
  for (const next of others.filter((other) => follows(other, first))) {
    const chain = findChain(next, withoutOne(others, next));
    if (chain !== null) return [first, ...chain];
  }
  return null;
}

function withoutOne(observations: Observation[], one: Observation): Observation[] {
  return observations.filter((observation) => observation !== one);
}

function areSameSnapshots([first, ...others]: Observation[]): boolean {
  return first !== undefined && others.every((other) => isSameSnapshot(first, other));
}

/** Returns whether `earlier` is the state that `later` changed: `later` with its former values restored. */
function follows(later: Observation, earlier: Observation): boolean {
  return hasAttributes(earlier, { ...toComparedAttributes(later), ...later.previous });
}

/** Sorting compares an observation many times. Observations are never changed in place. */
const comparedAttributes = new WeakMap<SubscriptionSnapshot, ComparedAttributes>();

export function toComparedAttributes(snapshot: SubscriptionSnapshot): ComparedAttributes {
  const known = comparedAttributes.get(snapshot);
  if (known !== undefined) return known;
  const attributes = buildComparedAttributes(snapshot);
  comparedAttributes.set(snapshot, attributes);
  return attributes;
}

/** Observations of older records lack the ids of their items, so they are compared by prices. */
function buildComparedAttributes(snapshot: SubscriptionSnapshot): ComparedAttributes {
  const { status, cancelAtPeriodEnd, cancelAt = null, isCollectionPaused, items } = snapshot;
  const common = { status, cancelAtPeriodEnd, isCollectionPaused };
  if (items.some(({ itemId }) => itemId === undefined))
    return {
      ...common,
      currentPeriodEnd: items[0]?.currentPeriodEnd ?? null,
      priceIds: items.map(({ priceId }) => priceId).join(),
    };
  const sorted = items.toSorted((a, b) => ((a.itemId ?? "") < (b.itemId ?? "") ? -1 : 1));
  const compared = sorted.map((item) => [item.itemId, item.priceId, item.quantity, item.currentPeriodEnd]);
  return { ...common, cancelAt, items: JSON.stringify(compared) };
}

function hasAttributes(observation: Observation, attributes: ComparedAttributes): boolean {
  const mine = toComparedAttributes(observation);
  return (Object.keys(attributes) as (keyof ComparedAttributes)[]).every(
    (key) => mine[key] === attributes[key],
  );
}

function isSameSnapshot(a: Observation, b: Observation): boolean {
  return (
    hasAttributes(a, toComparedAttributes(b)) &&
    a.endedAt === b.endedAt &&
    JSON.stringify(a.items) === JSON.stringify(b.items)
  );
}

/** Bounds the record's size: drops reads that show no change, and old observations that repeat the last. */
function dropRepetitions(observations: Observation[]): Observation[] {
  return observations.filter((observation, index) => {
    const before = observations[index - 1];
    const isNewest = index === observations.length - 1;
    if (before === undefined || isNewest) return true;
    if (observation.said === "read") return !isSameSnapshot(before, observation);
    const isOld = observations.length - index > maxFullObservations;
    return (
      !isOld || before.status !== observation.status || toProductKey(before) !== toProductKey(observation)
    );
  });
}

function toProductKey({ items }: Observation): string {
  return items.map(({ productCode, priceId }) => productCode ?? priceId).join();
}
