import type { LowBalanceUnit } from "../contract/enums.ts";
import { dayMs, type Entitlement, type Moment } from "./entitlement.ts";

/** A balance is low at this many units, or at this percentage of what a pack granted. */
export interface LowBalance {
  value: number;
  in: LowBalanceUnit;
}

/** What a product says about its signals. `null` is off; an absent member is the project's. */
export interface SignalRule {
  lowBalance?: LowBalance | null;
  /** How many days before the end `entitlement.expiring` is sent. */
  expiringDays?: number | null;
}

/** What a project and mode says about its signals. Each change has a higher version. */
export interface SignalSettings {
  version: number;
  project: Required<SignalRule>;
  /** By product code: the products that differ from the project. */
  products: Record<string, SignalRule>;
}

/**
 * The settings as the subject knows them, and what its signals said last. It is written with an entry that changes either,
 * so the fold of the ledger has both.
 */
export interface SignalRecord {
  type: "signals";
  recordId: typeof signalRecordId;
  settings: SignalSettings;
  /** Whether the last signal of the balance was `usage.low`. */
  isLow: boolean;
  /** The ends that need no signal any more, by entitlement: reported, or near already when it was granted. */
  reportedEnds: Record<string, Moment[]>;
}

/**
 * A signal of the balance, or of an end that is near. Unlike a change of access it depends on what was reported before, so
 * the entry that follows it records it.
 */
export interface Notice {
  type: "usage.low" | "usage.recovered" | "entitlement.expiring";
  /** When it became so. */
  at: Moment;
  /** Time alone caused it, after the entry before the one that records it. */
  byClock?: true;
  /** Of the balance: the units left in all usable packs. */
  usageRemaining?: number;
  /** Of an end: the entitlement. */
  entitlementId?: string;
}

/** No id of Stripe has a slash. */
export const signalRecordId = "signals/settings";

/** The settings of a project and mode, as a fact for a subject. */
export interface SignalsFact {
  type: "signals";
  settings: SignalSettings;
}

/** Merges settings. An older version, or the known one again, changes nothing; so neither order nor repetition matters. */
export function mergeSignals(known: SignalRecord | null, { settings }: SignalsFact): SignalRecord | null {
  if (known === null && isOff(settings)) return null;
  if (known !== null && known.settings.version >= settings.version) return known;
  return {
    type: "signals",
    recordId: signalRecordId,
    settings,
    isLow: known?.isLow ?? false,
    reportedEnds: known?.reportedEnds ?? {},
  };
}

function isOff({ project, products }: SignalSettings): boolean {
  return [project, ...Object.values(products)].every(
    ({ lowBalance, expiringDays }) => lowBalance == null && expiringDays == null,
  );
}

/** Returns the units at which the balance is low as far as this pack is concerned; `null` where that is off. */
export function getLowThreshold(
  { project, products }: SignalSettings,
  { productCode, unitsGranted }: Pick<Entitlement, "productCode" | "unitsGranted">,
): number | null {
  const own = products[productCode]?.lowBalance;
  const rule = own === undefined ? project.lowBalance : own;
  if (rule === null) return null;
  return rule.in === "units" ? rule.value : ((unitsGranted ?? 0) * rule.value) / 100;
}

/** Returns when an entitlement that ends at `end` is expiring; `null` where that is off. */
export function getExpiringFrom(
  { project, products }: SignalSettings,
  productCode: string,
  end: Moment,
): Moment | null {
  const own = products[productCode]?.expiringDays;
  const days = own === undefined ? project.expiringDays : own;
  return days === null ? null : end - days * dayMs;
}
