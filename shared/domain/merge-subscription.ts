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

/** Observations of one second in the order in which each changed what the one before it was. */
function chainOf(group: Observation[], before: Observation | undefined) {
  const observations: Observation[] = [];
  const remaining = [...group];
  let isSettled = true;
  while (remaining.length > 0) {
    const last = observations.at(-1) ?? before;
    const following = remaining.filter((next) => last !== undefined && follows(next, last));
    const undisputed = remaining.filter(
      (next) => !remaining.some((other) => other !== next && follows(next, other)),
    );
    const candidates = [following, undisputed].find(areAlike) ?? remaining;
    const [next] = candidates;
    if (next === undefined) break;
    isSettled &&= areAlike(candidates);
    observations.push(next);
    remaining.splice(remaining.indexOf(next), 1);
  }
  return { observations, isSettled };
}

function areAlike([first, ...others]: Observation[]): boolean {
  return first !== undefined && others.every((other) => isSameSnapshot(first, other));
}

/** Whether `later` says that what it changed was what `earlier` is. */
function follows(later: Observation, earlier: Observation): boolean {
  const previous = later.previous ?? {};
  const isAboutOther = Object.keys(previous).length === 0;
  return hasAttributes(earlier, isAboutOther ? attributesOf(later) : previous);
}

function attributesOf({ status, cancelAtPeriodEnd, items }: Observation): ComparedAttributes {
  return {
    status,
    cancelAtPeriodEnd,
    currentPeriodEnd: items[0]?.currentPeriodEnd ?? null,
    priceIds: items.map(({ priceId }) => priceId).join(),
  };
}

function hasAttributes(observation: Observation, attributes: Partial<ComparedAttributes>): boolean {
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
