import type { ClockChange } from "../contract/enums.ts";
import { type Availability, getAvailability } from "./availability.ts";
import { listClockMoments } from "./clock-changes.ts";
import { type Decision, decideWith } from "./decision.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { type Entitlements, isUsage, type LedgerEntry } from "./ledger.ts";
import { MomentQueue } from "./moment-queue.ts";

/** What changed the decision: an entry of the ledger, or time alone. */
export type FlipCause =
  | { type: "entry"; sequence: number }
  | { type: "clock"; entitlementId: string; change: ClockChange };

/** A change of the decision between allowed and denied. */
export interface Flip {
  /** When it became so, which can be earlier than the alarm that recorded it. */
  at: Moment;
  /** The last entry at that moment. With `at` it identifies the decision after the flip. */
  sequence: number;
  cause: FlipCause;
  before: Decision;
  after: Decision;
}

/** The state after the entry `sequence`, at the moment of that entry. */
export interface FlipStart {
  entitlements: Entitlements;
  sequence: number;
  at: Moment;
}

type FlipEntry = Pick<LedgerEntry, "sequence" | "at" | "touched">;

/**
 * Returns the flips after `start` up to and including `until`, oldest first. `entries` are the entries after
 * `start`, oldest first; those that `canFlip` rejects may be missing. Flips alternate, and the last one up to
 * a moment is the decision as of that moment: the entries up to it, then time.
 *
 * Time acts before an entry of the same millisecond, because a check in that millisecond could be answered
 * before the entry. Computes the availability of an entitlement only when an entry touched it or its own time
 * came, and compares all entitlements only at a flip.
 *
 * Pure. The timeline computes them on each read, and signals store each in the transaction of its cause
 * (access-signals.ts). A late alarm finds the moments at which they happened.
 */
export function findFlips(start: FlipStart, entries: Iterable<FlipEntry>, until: Moment): Flip[] {
  const walk = new FlipWalk(start);
  for (const entry of entries) {
    walk.advance(entry.at);
    walk.apply(entry);
  }
  walk.advance(until);
  return walk.flips;
}

/**
 * Returns whether an entry can change a decision at once or later. Usage that leaves units in each pack, and
 * gives none to an empty one, changes only how many are left.
 */
export function canFlip({
  operation,
  touched,
  revives,
}: Pick<LedgerEntry, "operation" | "touched" | "revives">): boolean {
  if (!isUsage(operation) || revives === true) return true;
  return touched.some(({ entitlement }) => entitlement.unitsRemaining === 0);
}

/** An entitlement with its availability, which stays the same until `nextAt`. */
interface Tracked {
  entitlementId: string;
  entitlement: Entitlement;
  availability: Availability;
  nextAt: Moment;
}

const never = Number.POSITIVE_INFINITY;

function track(entitlement: Entitlement, now: Moment): Tracked {
  let nextAt = never;
  for (const { at } of listClockMoments(entitlement)) if (at > now && at < nextAt) nextAt = at;
  const { entitlementId } = entitlement;
  return { entitlementId, entitlement, availability: getAvailability(entitlement, now), nextAt };
}

class FlipWalk {
  readonly flips: Flip[] = [];
  private readonly tracked = new Map<string, Tracked>();
  private sequence: number;
  /** How many entitlements are usable. Access is allowed when it is not 0. */
  private usable = 0;
  /** Every `nextAt`, and some that an entry has replaced since. */
  private readonly upcoming = new MomentQueue();

  constructor({ entitlements, sequence, at }: FlipStart) {
    this.sequence = sequence;
    for (const entitlement of entitlements.values())
      if (entitlement.includedIn === undefined) this.put(track(entitlement, at));
  }

  /** Moves time to `until`, and stops at each moment at which an entitlement changes. */
  advance(until: Moment): void {
    while (this.upcoming.earliest() <= until) {
      const at = this.upcoming.earliest();
      const due = new Map<string, Tracked>();
      while (this.upcoming.earliest() === at) {
        const each = this.tracked.get(this.upcoming.pop() ?? "");
        if (each?.nextAt === at) due.set(each.entitlementId, track(each.entitlement, at));
      }
      this.change([...due.values()], at, (before, after) => this.findClockCause(before, after, at));
    }
  }

  apply({ sequence, at, touched }: FlipEntry): void {
    this.sequence = sequence;
    // The units of an allowance never decide about access.
    const deciding = touched.filter(({ entitlement }) => entitlement.includedIn === undefined);
    const changed = new Map(deciding.map(({ entitlement }) => [entitlement.entitlementId, entitlement]));
    this.change(
      [...changed.values()].map((entitlement) => track(entitlement, at)),
      at,
      () => ({ type: "entry", sequence }),
    );
  }

  private change(
    changed: Tracked[],
    at: Moment,
    findCause: (before: Decision, after: Decision) => FlipCause,
  ): void {
    const usable = changed.reduce((sum, each) => sum + this.countChange(each), this.usable);
    const isFlip = usable > 0 !== this.usable > 0;
    const before = isFlip ? this.decide() : null;
    for (const each of changed) this.put(each);
    if (before === null) return;
    const after = this.decide();
    this.flips.push({ at, sequence: this.sequence, cause: findCause(before, after), before, after });
  }

  private put(each: Tracked): void {
    this.usable += this.countChange(each);
    const before = this.tracked.get(each.entitlementId);
    this.tracked.set(each.entitlementId, each);
    if (each.nextAt !== never && each.nextAt !== before?.nextAt)
      this.upcoming.push(each.nextAt, each.entitlementId);
  }

  /** Returns by how much `next` changes the number of usable entitlements: -1, 0 or 1. */
  private countChange({ entitlementId, availability }: Tracked): number {
    const before = this.tracked.get(entitlementId)?.availability.usable ?? false;
    return Number(availability.usable) - Number(before);
  }

  private decide(): Decision {
    return decideWith(this.tracked.values(), ({ availability }) => availability);
  }

  /** Finds what the time `at` did to the entitlement that gave access before, or that gives it now. */
  private findClockCause(before: Decision, after: Decision, at: Moment): FlipCause {
    const { entitlementId } = after.allowed ? after : before;
    const entitlement = this.tracked.get(entitlementId ?? "")?.entitlement;
    const moments = entitlement === undefined ? [] : listClockMoments(entitlement);
    const effect = after.allowed ? "gives" : "takes";
    const moment = moments.find((each) => each.at === at && each.effect === effect);
    if (entitlement === undefined || moment === undefined)
      throw new Error(`time alone does not change access at ${at}`);
    return { type: "clock", entitlementId: entitlement.entitlementId, change: moment.change };
  }
}
