import {
  type ComparedAttributes,
  hasEnded,
  type Observation,
  type SubscriptionRecord,
} from "./stripe-record.ts";

export interface Merged {
  record: SubscriptionRecord;
  /** `false` when two words of one second are the last, and nothing tells which came later: ask Stripe what is. */
  isSettled: boolean;
}

/** An event comes at most 30 days late, and in 30 days no subscription is spoken of this often. */
const observationsKept = 48;

/** Changes within one second beyond which no order is searched: Stripe is asked instead. */
const longestChain = 12;

/**
 * The record with more observations. What results depends on the set of observations alone: not on the order in which
 * they come, nor on how often each comes.
 */
export function mergeObservations(record: SubscriptionRecord, news: Observation[]): Merged {
  const known = new Set(record.observations.map(({ sourceId }) => sourceId));
  const added = news.filter(({ sourceId }) => !known.has(sourceId));
  if (added.length === 0) return { record, isSettled: true };
  const { observations, isSettled } = inOrder([...record.observations, ...added]);
  // Whoever brings a read asked for it after all the rest was said.
  const hasRead = added.some(({ said }) => said === "read");
  return {
    record: { ...record, observations: withoutRepetition(observations) },
    isSettled: isSettled || hasRead,
  };
}

/** Within one second: a subscription is first made, then changes, and what has ended stays so. */
function rank(observation: Observation): number {
  if (hasEnded(observation.status)) return 3;
  return { created: 0, updated: 1, read: 2, deleted: 3 }[observation.said];
}

function inOrder(observations: Observation[]): { observations: Observation[]; isSettled: boolean } {
  const ordered: Observation[] = [];
  let isSettled = true;
  const remaining = observations.toSorted((a, b) => a.at - b.at || rank(a) - rank(b) || compareIds(a, b));
  for (let [first] = remaining; first !== undefined; [first] = remaining) {
    const { at, said } = first;
    const groupRank = rank(first);
    const group = remaining.filter((other) => other.at === at && rank(other) === groupRank);
    remaining.splice(0, group.length);
    const before = ordered.at(-1);
    if (said === "read" && groupRank === 2) {
      // A read shows one moment of its second. Among reads the ids tell which was asked for later.
      ordered.push(...group);
      if (before?.at === at) isSettled &&= group.every((read) => isSameSnapshot(before, read));
      else isSettled = true;
      continue;
    }
    const chain = chainOf(group, before);
    ordered.push(...chain.observations);
    isSettled = chain.isSettled || groupRank === 3;
  }
  return { observations: ordered, isSettled };
}

const compareIds = (a: Observation, b: Observation) => (a.sourceId < b.sourceId ? -1 : 1);

/**
 * Observations of one second in an order in which each changed what the one before it was. There may be several such
 * orders; if they begin alike they end alike, as paths over the same changes do.
 */
function chainOf(group: Observation[], before: Observation | undefined) {
  if (group.length === 1) return { observations: group, isSettled: true };
  const following = group.filter((first) => before !== undefined && follows(first, before));
  const chains = (following.length > 0 ? following : group)
    .map((first) => chainFrom(first, withoutOne(group, first)))
    .filter((chain) => chain !== null);
  const lasts = chains.flatMap((chain) => chain.at(-1) ?? []);
  return { observations: chains[0] ?? group, isSettled: areAlike(lasts) };
}

function chainFrom(first: Observation, others: Observation[]): Observation[] | null {
  if (others.length === 0) return [first];
  if (others.length > longestChain) return null;
  for (const next of others.filter((other) => follows(other, first))) {
    const chain = chainFrom(next, withoutOne(others, next));
    if (chain !== null) return [first, ...chain];
  }
  return null;
}

function withoutOne(observations: Observation[], one: Observation): Observation[] {
  return observations.filter((observation) => observation !== one);
}

function areAlike([first, ...others]: Observation[]): boolean {
  return first !== undefined && others.every((other) => isSameSnapshot(first, other));
}

/** Whether `earlier` is what `later` says that it changed: its former values, and its own where it names none. */
function follows(later: Observation, earlier: Observation): boolean {
  return hasAttributes(earlier, { ...attributesOf(later), ...later.previous });
}

function attributesOf({ status, cancelAtPeriodEnd, items }: Observation): ComparedAttributes {
  return {
    status,
    cancelAtPeriodEnd,
    currentPeriodEnd: items[0]?.currentPeriodEnd ?? null,
    priceIds: items.map(({ priceId }) => priceId).join(),
  };
}

function hasAttributes(observation: Observation, attributes: ComparedAttributes): boolean {
  const mine = attributesOf(observation);
  return (Object.keys(attributes) as (keyof ComparedAttributes)[]).every(
    (key) => mine[key] === attributes[key],
  );
}

function isSameSnapshot(a: Observation, b: Observation): boolean {
  return (
    hasAttributes(a, attributesOf(b)) &&
    a.isCollectionPaused === b.isCollectionPaused &&
    a.endedAt === b.endedAt &&
    JSON.stringify(a.items) === JSON.stringify(b.items)
  );
}

/** A record must not grow for ever: reads that told nothing new go, and old observations that repeat the one before. */
function withoutRepetition(observations: Observation[]): Observation[] {
  return observations.filter((observation, index) => {
    const before = observations[index - 1];
    const isNewest = index === observations.length - 1;
    if (before === undefined || isNewest) return true;
    if (observation.said === "read") return !isSameSnapshot(before, observation);
    const isOld = observations.length - index > observationsKept;
    return !isOld || before.status !== observation.status || productsOf(before) !== productsOf(observation);
  });
}

function productsOf({ items }: Observation): string {
  return items.map(({ productCode, priceId }) => productCode ?? priceId).join();
}
