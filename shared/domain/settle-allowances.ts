import { hasExpired } from "./availability.ts";
import { buildEntitlement } from "./build-entitlement.ts";
import { clawBack, returnUnits } from "./clawback.ts";
import type { AllowanceWindow, Entitlement, Moment } from "./entitlement.ts";
import { undoExpiry } from "./expire.ts";
import { updateHolds } from "./holds.ts";
import type { Entitlements, TouchedEntitlement } from "./ledger.ts";
import { settleExpiry } from "./reverse-purchase.ts";

/**
 * Grants the lots of all windows that began by `now`, and makes each lot what its window says. Returns the lots that
 * changed. The subscriptions' windows are those of `entitlements`.
 *
 * A lot is granted at once also where its payment was taken back before: then undoing that gives what it would have.
 */
export function settleAllowances(entitlements: Entitlements, now: Moment): TouchedEntitlement[] {
  const lots = new AllowanceLots(entitlements, now);
  const included = new Set([...entitlements.values()].map(({ includedIn }) => includedIn));
  for (const subscription of entitlements.values())
    if (subscription.allowance !== undefined || included.has(subscription.entitlementId))
      lots.settle(subscription, subscription.allowance ?? []);
  return lots.touched();
}

/** Collects what one decision does to the lots of allowances. */
class AllowanceLots {
  private readonly changed = new Map<string, TouchedEntitlement>();

  constructor(
    private readonly entitlements: Entitlements,
    private readonly now: Moment,
  ) {}

  touched(): TouchedEntitlement[] {
    return [...this.changed.values()].filter(
      ({ entitlement, units }) =>
        units.length > 0 ||
        JSON.stringify({ ...entitlement, updatedAt: 0 }) !==
          JSON.stringify({ ...this.entitlements.get(entitlement.entitlementId), updatedAt: 0 }),
    );
  }

  settle(subscription: Entitlement, windows: AllowanceWindow[]): void {
    const begun = windows.filter(({ start }) => start <= this.now);
    const byLot = new Map(begun.map((window) => [window.lotId, window]));
    const lots = this.listLots(subscription).filter(isOpen);
    const added = begun.filter(({ lotId }) => this.find(lotId) === undefined);
    // Usual is that a window began, and nothing else. Otherwise earlier turns counted other lots, or fewer units.
    const isLate = added.some(({ start }) => lots.some(({ paidAt }) => paidAt > start));
    const isCorrected = isLate || lots.some((lot) => isOther(lot, byLot.get(lot.entitlementId)));
    if (isCorrected) for (const lot of lots) this.put(undoTurns(lot));
    for (const lot of lots)
      if (!byLot.has(lot.entitlementId)) this.put(changeUnits(this.get(lot.entitlementId), 0));
    for (const window of begun) {
      const lot = this.find(window.lotId) ?? this.grant(subscription, window);
      // What an operator revoked stays so.
      if (isOpen(lot)) this.put(applyWindow(lot, window));
    }
    const addedIds = new Set(added.map(({ lotId }) => lotId));
    const known = begun.filter(({ lotId }) => !addedIds.has(lotId)).map(({ start }) => start);
    const from = isCorrected ? 0 : Math.min(...added.map(({ start }) => start));
    for (const window of begun)
      if (window.start >= from)
        this.turn(subscription, window, { isFirst: addedIds.has(window.lotId), known, addedIds });
  }

  private grant({ entitlementId, productCode }: Entitlement, { lotId, ...window }: AllowanceWindow) {
    const lot = buildEntitlement(
      {
        entitlementId: lotId,
        kind: "usage_pack",
        productCode,
        source: "stripe",
        unitsGranted: 0,
        unitsRemaining: 0,
        paidAt: window.start,
        expiresAt: window.expiresAt,
        purchase: null,
        includedIn: entitlementId,
      },
      this.now,
    );
    this.changed.set(lotId, { entitlement: lot, units: [] });
    return lot;
  }

  /**
   * Lets units expire that are more than a new window keeps of the earlier ones, the oldest first. Counts what was unused at
   * the window's beginning: a turn that is computed again must not give back units because others were used since.
   */
  private turn(
    subscription: Entitlement,
    { start, rolloverMax }: AllowanceWindow,
    { isFirst, known, addedIds }: { isFirst: boolean; known: Moment[]; addedIds: ReadonlySet<string> },
  ): void {
    if (rolloverMax === null) return;
    const kept = this.listLots(subscription)
      .filter((lot) => lot.paidAt < start && !hasExpired(lot, start))
      .sort((a, b) => a.paidAt - b.paidAt)
      .map((lot) => {
        const later = addedIds.has(lot.entitlementId) ? [] : known.filter((at) => at > start);
        const used = isFirst ? countUsedBy(lot, later) : readUsedAt(lot, start);
        if (isFirst && used !== 0)
          this.put({ ...lot, usedAtTurns: [...(lot.usedAtTurns ?? []), { at: start, units: used }] });
        const unused = Math.max(0, (lot.unitsGranted ?? 0) - used - (lot.unitsForfeited ?? 0));
        return { lot: this.get(lot.entitlementId), unused };
      });
    let surplus = kept.reduce((sum, { unused }) => sum + unused, 0) - rolloverMax;
    for (const { lot, unused } of kept) {
      const units = Math.min(unused, Math.max(0, surplus));
      surplus -= units;
      // What was used since stays used.
      const left = Math.min(units, countUnspent(lot));
      if (left > 0) this.expire(lot, left);
    }
  }

  /** The lot may have been refunded since, or its own expiry recorded: those units are taken after the remaining. */
  private expire(lot: Entitlement, units: number): void {
    this.put({ ...takeUnspent(lot, units), unitsForfeited: (lot.unitsForfeited ?? 0) + units });
  }

  private listLots({ entitlementId }: Entitlement): Entitlement[] {
    const ids = new Set([...this.entitlements.keys(), ...this.changed.keys()]);
    return [...ids].flatMap((id) => {
      const lot = this.find(id);
      return lot?.includedIn === entitlementId ? [lot] : [];
    });
  }

  private find(lotId: string): Entitlement | undefined {
    return this.changed.get(lotId)?.entitlement ?? this.entitlements.get(lotId);
  }

  private get(lotId: string): Entitlement {
    const lot = this.find(lotId);
    if (lot === undefined) throw new Error(`${lotId} was not granted`);
    return lot;
  }

  /** Records a lot with the movements of units that lead to it. */
  private put(after: Entitlement): void {
    const id = after.entitlementId;
    const before = this.get(id);
    const units = [...(this.changed.get(id)?.units ?? []), ...listMovements(before, after)];
    const { unitsExpired = 0, unitsForfeited = 0, ...rest } = after;
    const entitlement: Entitlement = { ...rest, updatedAt: this.now };
    if (unitsExpired !== 0) entitlement.unitsExpired = unitsExpired;
    if (unitsForfeited !== 0) entitlement.unitsForfeited = unitsForfeited;
    this.changed.set(id, { entitlement, units });
  }
}

/** Units that a turn may let expire. Whether a payment was taken back at that moment makes no difference. */
const countUnspent = ({ unitsRemaining, unitsClawedBack, unitsExpired = 0 }: Entitlement): number =>
  (unitsRemaining ?? 0) + (unitsClawedBack ?? 0) + unitsExpired;

/** The units that left a lot otherwise than by a turn; negative where an operator added more than that. */
const countUsed = (lot: Entitlement): number =>
  (lot.unitsGranted ?? 0) - countUnspent(lot) - (lot.unitsForfeited ?? 0);

const readUsedAt = ({ usedAtTurns = [] }: Entitlement, at: Moment): number =>
  usedAtTurns.find((turn) => turn.at === at)?.units ?? 0;

/** Returns the units used at a beginning that becomes known late: no more than at the `later` ones that were known. */
function countUsedBy(lot: Entitlement, later: Moment[]): number {
  const counted = later.filter((at) => !hasExpired(lot, at)).map((at) => readUsedAt(lot, at));
  return Math.min(countUsed(lot), ...counted);
}

function listMovements(before: Entitlement, after: Entitlement): TouchedEntitlement["units"] {
  const diff = (member: "unitsGranted" | "unitsClawedBack" | "unitsExpired" | "unitsForfeited") =>
    (after[member] ?? 0) - (before[member] ?? 0);
  const movements: TouchedEntitlement["units"] = [
    { movement: "granted", change: diff("unitsGranted") },
    { movement: "clawed_back", change: -diff("unitsClawedBack") },
    { movement: "expired", change: -diff("unitsExpired") - diff("unitsForfeited") },
  ];
  return movements.filter(({ change }) => change !== 0);
}

/** Makes a lot what its window says. The same window again changes nothing. */
function applyWindow(
  lot: Entitlement,
  { units, expiresAt, reversedAt, disputes }: AllowanceWindow,
): Entitlement {
  const moved = lot.expiresAt === expiresAt ? lot : { ...undoExpiry(lot), expiresAt };
  const sized = changeUnits(moved, units);
  const isReversed = sized.status === "canceled";
  const settled =
    reversedAt === null
      ? isReversed
        ? returnUnits(sized)
        : sized
      : isReversed
        ? { ...settleExpiry(sized, reversedAt), canceledAt: reversedAt }
        : clawBack(settleExpiry(sized, reversedAt), "refunded", reversedAt);
  const window = { from: null, until: null };
  const implied = disputes.map((dispute) => ({ ...dispute, reason: "dispute" as const, window }));
  return { ...settled, holds: updateHolds(settled.holds, implied) };
}

/** Grants more units or takes some of them back. What is spent stays spent. */
function changeUnits(lot: Entitlement, units: number): Entitlement {
  const granted = lot.unitsGranted ?? 0;
  if (units > granted) return { ...addUnits(lot, units - granted), unitsGranted: units };
  const taken = Math.min(granted - units, countUnspent(lot));
  return taken === 0 ? lot : { ...takeUnspent(lot, taken), unitsGranted: granted - taken };
}

/**
 * Takes up to `units` of the unspent ones, wherever they are. A lot that was refunded after it expired has some expired and
 * others clawed back.
 */
function takeUnspent(lot: Entitlement, units: number): Entitlement {
  const after = { ...lot };
  let outstanding = units;
  for (const member of ["unitsRemaining", "unitsClawedBack", "unitsExpired"] as const) {
    const taken = Math.min(outstanding, after[member] ?? 0);
    outstanding -= taken;
    if (taken > 0) after[member] = (after[member] ?? 0) - taken;
  }
  return after;
}

/** Returns units that turns took, so that the turns can be computed again. */
function undoTurns(lot: Entitlement): Entitlement {
  return { ...addUnits(lot, lot.unitsForfeited ?? 0), unitsForfeited: 0 };
}

/** Adds unspent units where the lot's status has them. `applyWindow` settles which of them expired. */
function addUnits(lot: Entitlement, units: number): Entitlement {
  const place =
    lot.status === "canceled"
      ? "unitsClawedBack"
      : lot.status === "expired"
        ? "unitsExpired"
        : "unitsRemaining";
  return { ...lot, [place]: (lot[place] ?? 0) + units };
}

const isOpen = ({ statusReason }: Entitlement): boolean => statusReason !== "revoked";

/** Returns whether the lot does not have the units or the end of its window yet. Units that were spent stay. */
function isOther(lot: Entitlement, window: AllowanceWindow | undefined): boolean {
  const missing = (window?.units ?? 0) - (lot.unitsGranted ?? 0);
  const isLarger = missing < 0 && countUnspent(lot) + (lot.unitsForfeited ?? 0) > 0;
  return missing > 0 || isLarger || (window !== undefined && window.expiresAt !== lot.expiresAt);
}
