import { toComparedAttributes } from "./compared-attributes.ts";
import type { Observation } from "./stripe-record.ts";

interface Change {
  observation: Observation;
  /** The state before the change, and the one after it. */
  from: string;
  to: string;
}

/**
 * Orders the changes of one second into a path, in which each one changed the state that the previous one
 * left. `isSettled` is `false` when their end is ambiguous.
 *
 * The changes are the edges of a graph of states, and the path is an Eulerian trail of it. It starts at the
 * state that was left once more than it was reached. If each state was reached as often as left, the path
 * ends where it starts, and only the state `before` this second shows where that is. All trails from one
 * start have the same end.
 */
export function orderChanges(
  group: Observation[],
  before: Observation | undefined,
): { observations: Observation[]; isSettled: boolean } {
  if (group.length === 1) return { observations: group, isSettled: true };
  const changes = group.map(toChange);
  const starts = findStarts(changes, before === undefined ? null : toKey(toComparedAttributes(before)));
  const [start] = starts;
  const path = start === undefined ? null : findTrail(changes, start);
  return { observations: path ?? group, isSettled: path !== null && starts.length === 1 };
}

/** Sorting runs with each new observation. Observations are never changed in place. */
const changesByObservation = new WeakMap<Observation, Change>();

function toChange(observation: Observation): Change {
  const known = changesByObservation.get(observation);
  if (known !== undefined) return known;
  const attributes = toComparedAttributes(observation);
  const change = {
    observation,
    from: toKey({ ...attributes, ...observation.previous }),
    to: toKey(attributes),
  };
  changesByObservation.set(observation, change);
  return change;
}

const toKey = (attributes: object): string => JSON.stringify(Object.entries(attributes).toSorted());

/** Returns the states at which a path over all changes can start; none if there is no such path. */
function findStarts(changes: Change[], before: string | null): string[] {
  const surplus = new Map<string, number>();
  for (const { from, to } of changes) {
    surplus.set(from, (surplus.get(from) ?? 0) + 1);
    surplus.set(to, (surplus.get(to) ?? 0) - 1);
  }
  const unbalanced = [...surplus].filter(([, count]) => count !== 0);
  if (unbalanced.length === 0) return before !== null && surplus.has(before) ? [before] : [...surplus.keys()];
  const starts = unbalanced.filter(([, count]) => count === 1).map(([state]) => state);
  return unbalanced.length === 2 ? starts : [];
}

/**
 * Finds the trail by Hierholzer's algorithm. Returns `null` if some changes can't be reached from the start.
 */
function findTrail(changes: Change[], start: string): Observation[] | null {
  const leaving = new Map<string, Change[]>();
  // The last change of a list is taken first.
  for (const change of changes.toReversed())
    leaving.set(change.from, [...(leaving.get(change.from) ?? []), change]);
  const open: { state: string; change: Change | null }[] = [{ state: start, change: null }];
  const trail: Observation[] = [];
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const next = leaving.get(last.state)?.pop();
    if (next !== undefined) {
      open.push({ state: next.to, change: next });
      continue;
    }
    open.pop();
    if (last.change !== null) trail.unshift(last.change.observation);
  }
  return trail.length === changes.length ? trail : null;
}
