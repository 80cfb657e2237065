import type { AllowanceInterval } from "../contract/enums.ts";
import type { Moment } from "./entitlement.ts";

/** What a product of kind `subscription` includes, from a moment on. A version never changes once it is saved. */
export interface AllowanceTerms {
  /** From 1. Of the versions that apply to a moment, the highest counts. */
  version: number;
  /** The windows that begin at this moment or later have these terms. */
  from: Moment;
  /** The units of a window; 0 for none. */
  units: number;
  /** Whether a window is a paid period, or a month of it. */
  every: AllowanceInterval;
  /** The later windows in which unused units can still be used, 0 to 12. */
  rolloverWindows: number;
  /** The unused units of earlier windows that a new window keeps, at most; `null` for all. */
  rolloverMax: number | null;
  /** The units of a window of a trial; `null` for none. */
  inTrial: number | null;
}

/** The terms of one product, as the subject knows them. */
export interface TermsRecord {
  type: "terms";
  /** See `termsRecordId`. */
  recordId: string;
  productCode: string;
  /** By version, the lowest first. */
  versions: AllowanceTerms[];
}

/** No id of Stripe has a slash. */
export const termsRecordId = (productCode: string): string => `terms/${productCode}`;

/** Adds versions that are not known yet. Neither order nor repetition matters, because a version never changes. */
export function mergeTerms(
  known: TermsRecord | null,
  { productCode, versions }: Pick<TermsRecord, "productCode" | "versions">,
): TermsRecord {
  const all = new Map([...versions, ...(known?.versions ?? [])].map((each) => [each.version, each]));
  return {
    type: "terms",
    recordId: termsRecordId(productCode),
    productCode,
    versions: [...all.values()].sort((a, b) => a.version - b.version),
  };
}

/** Returns the terms of a window that begins at `moment`; `null` when the product includes nothing then. */
export function findTermsAt(versions: readonly AllowanceTerms[], moment: Moment): AllowanceTerms | null {
  return versions.findLast(({ from }) => from <= moment) ?? null;
}
