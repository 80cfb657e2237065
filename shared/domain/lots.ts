import { getAvailability, hasExpired } from "./availability.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import { getIncludedAvailability } from "./included-availability.ts";
import type { Entitlements, TouchedEntitlement, UnitMovement } from "./ledger.ts";

/** Orders packs as they are drawn from: soonest to expire first, then oldest. */
function compareDrawOrder(a: Entitlement, b: Entitlement): number {
  // Two packs that never expire give NaN here. `||` treats NaN as equal, so these packs compare by age.
  return (
    (a.expiresAt ?? Number.POSITIVE_INFINITY) - (b.expiresAt ?? Number.POSITIVE_INFINITY) ||
    a.paidAt - b.paidAt ||
    (a.entitlementId < b.entitlementId ? -1 : 1)
  );
}

/** Returns the packs usable at `now` in the order they are drawn from. */
export function findUsablePacks(entitlements: Iterable<Entitlement>, now: Moment): Entitlement[] {
  const packs: Entitlement[] = [];
  const subscriptions: Entitlement[] = [];
  for (const entitlement of entitlements) {
    if (entitlement.kind === "subscription") subscriptions.push(entitlement);
    else if (entitlement.kind === "usage_pack" && getAvailability(entitlement, now).usable)
      packs.push(entitlement);
  }
  return packs
    .filter((pack) => getIncludedAvailability(pack, subscriptions, now).usable)
    .sort(compareDrawOrder);
}

export function getUsageRemaining(entitlements: Iterable<Entitlement>, now: Moment): number {
  return findUsablePacks(entitlements, now).reduce((sum, pack) => sum + (pack.unitsRemaining ?? 0), 0);
}

/** Units of one lot. */
export interface LotUnits {
  entitlementId: string;
  units: number;
  /** Set when the lot's purchase had been taken back before, and only an operator's units were left to draw. */
  afterClawBack?: true;
}

/** Collects what one decision does to lots: each lot as it is afterwards, with its movements in order. */
export class LotChanges {
  private readonly changed = new Map<string, TouchedEntitlement>();

  constructor(
    private readonly entitlements: Entitlements,
    private readonly now: Moment,
  ) {}

  /** The units left in usable packs, with the changes so far. */
  remaining(): number {
    return getUsageRemaining(this.all(), this.now);
  }

  /** The changed lots, in the order of their first change. */
  touched(): TouchedEntitlement[] {
    return [...this.changed.values()];
  }

  /** Whether a lot that was empty has units again: only then does an added unit change a decision. */
  revives(): boolean {
    return this.touched().some(({ entitlement }) => {
      const before = this.entitlements.get(entitlement.entitlementId)?.unitsRemaining;
      return before === 0 && entitlement.unitsRemaining !== 0;
    });
  }

  /** Takes units out of usable packs. Returns what each pack gave; `null`, with no change, if it is too little. */
  draw(units: number, movement: "consumed" | "reserved"): LotUnits[] | null {
    const packs = findUsablePacks(this.all(), this.now);
    const available = packs.reduce((sum, pack) => sum + (pack.unitsRemaining ?? 0), 0);
    if (available < units) return null;
    const drawn: LotUnits[] = [];
    let outstanding = units;
    for (const { entitlementId, unitsRemaining, unitsClawedBack } of packs) {
      if (outstanding === 0) break;
      const part = Math.min(outstanding, unitsRemaining ?? 0);
      outstanding -= part;
      this.move(entitlementId, movement, -part);
      drawn.push({
        entitlementId,
        units: part,
        ...(unitsClawedBack === null ? {} : { afterClawBack: true as const }),
      });
    }
    return drawn;
  }

  /** Orders lots as they are drawn from. */
  inDrawOrder(lots: LotUnits[]): LotUnits[] {
    return lots.toSorted((a, b) => compareDrawOrder(this.lot(a.entitlementId), this.lot(b.entitlementId)));
  }

  /** Moves held units back into their lot, and `spent` of them out again. */
  release({ entitlementId, units }: LotUnits, spent: number): void {
    this.move(entitlementId, "released", units);
    if (spent > 0) this.move(entitlementId, "consumed", -spent);
  }

  /** Takes units that came back out again where their lot ended since they were drawn. */
  forfeitIfEnded(drawn: LotUnits): void {
    const { entitlementId, units } = drawn;
    const end = this.findEnd(drawn);
    if (end === null || units === 0) return;
    this.move(entitlementId, end, -units);
    const lot = this.lot(entitlementId);
    // Undoing the refund or revocation, or correcting the expiry, returns these units too.
    const member = end === "expired" ? "unitsExpired" : "unitsClawedBack";
    this.put({ ...lot, [member]: (lot[member] ?? 0) + units });
  }

  /** Returns what happened to a lot since units were drawn from it; `null` if they still count. */
  findEnd({ entitlementId, afterClawBack }: LotUnits): "expired" | "clawed_back" | null {
    const lot = this.lot(entitlementId);
    if (lot.status === "canceled") return "clawed_back";
    if (lot.unitsClawedBack !== null && afterClawBack !== true) return "clawed_back";
    return hasExpired(lot, this.now) ? "expired" : null;
  }

  move(entitlementId: string, movement: UnitMovement, change: number): void {
    const lot = this.lot(entitlementId);
    const units = [...(this.changed.get(entitlementId)?.units ?? []), { movement, change }];
    const unitsRemaining = (lot.unitsRemaining ?? 0) + change;
    const entitlement = { ...lot, unitsRemaining, updatedAt: this.now };
    this.changed.set(entitlementId, { entitlement, units });
  }

  private put(entitlement: Entitlement): void {
    const units = this.changed.get(entitlement.entitlementId)?.units ?? [];
    this.changed.set(entitlement.entitlementId, { entitlement, units });
  }

  private lot(entitlementId: string): Entitlement {
    const lot = this.changed.get(entitlementId)?.entitlement ?? this.entitlements.get(entitlementId);
    if (lot === undefined) throw new Error(`${entitlementId} is not a lot of this subject`);
    return lot;
  }

  private *all(): Iterable<Entitlement> {
    for (const entitlement of this.entitlements.values())
      yield this.changed.get(entitlement.entitlementId)?.entitlement ?? entitlement;
  }
}
