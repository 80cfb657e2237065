import { type DenialReason, denialReasons } from "../../../../shared/contract/enums.ts";
import { denialLabels } from "../../components/labels/customer.ts";
import type { HourlyCounts, Series } from "../../db/hourly-counts.ts";

/** What the overview shows of the counts. Every list has one number per slot of the period. */
export interface OverviewSeries {
  /** Customers with access at the end of each slot, and the change over the period. */
  access: { now: number; change: number; values: number[] };
  /** Paid by currency, the largest first. Currencies are never added up. */
  paid: CurrencySeries[];
  checks: Total & { values: number[] };
  checksByAnswer: NamedSeries[];
  deliveries: { delivered: Total; failed: Total; values: { delivered: number[]; failed: number[] } };
  credits: Total & { values: number[] };
  /** Ways back from denials by reason, the most offered first. */
  recoveries: Recoveries[];
}

export interface Recoveries {
  reason: DenialReason;
  offered: number;
  opened: number;
  paid: number;
}

/** A sum over the period, and over the time before that it is compared with. */
interface Total {
  total: number;
  before: number;
}

export interface CurrencySeries extends Total {
  currency: string;
  values: number[];
}

export interface NamedSeries {
  name: string;
  values: number[];
}

/** Builds the series. The first range of the counts is the time before the period; its slots follow. */
export function buildSeries({ series, customersWithAccess }: HourlyCounts, slots: number): OverviewSeries {
  const valuesOf = (of: Series, detail: string) => of.get(detail)?.slice(1) ?? Array<number>(slots).fill(0);
  const totalOf = (of: Series, details: Iterable<string>): Total => {
    const all = [...details];
    return {
      total: sum(all.flatMap((detail) => valuesOf(of, detail))),
      before: sum(all.map((detail) => of.get(detail)?.[0] ?? 0)),
    };
  };
  const { checks, deliveries, credits, paid, access } = series;
  return {
    access: countAccess(valuesOf(access, ""), customersWithAccess),
    paid: [...paid.keys()]
      .map((currency) => ({ currency, ...totalOf(paid, [currency]), values: valuesOf(paid, currency) }))
      .sort((a, b) => b.total - a.total || (a.currency < b.currency ? -1 : 1)),
    checks: {
      ...totalOf(checks, checks.keys()),
      values: addUp(
        slots,
        [...checks.keys()].map((each) => valuesOf(checks, each)),
      ),
    },
    checksByAnswer: [
      { name: "Allowed", values: valuesOf(checks, "allowed") },
      ...[...checks.keys()]
        .filter((detail) => detail !== "allowed")
        .map((detail) => ({ name: nameReason(detail), values: valuesOf(checks, detail) }))
        .filter(({ values }) => sum(values) > 0)
        .sort((a, b) => sum(b.values) - sum(a.values)),
    ],
    deliveries: {
      delivered: totalOf(deliveries, ["delivered"]),
      failed: totalOf(deliveries, ["failed"]),
      values: { delivered: valuesOf(deliveries, "delivered"), failed: valuesOf(deliveries, "failed") },
    },
    credits: { ...totalOf(credits, [""]), values: valuesOf(credits, "") },
    recoveries: denialReasons
      .map((reason) => ({
        reason,
        offered: totalOf(series.recovery_offered, [reason]).total,
        opened: totalOf(series.recovery_opened, [reason]).total,
        paid: totalOf(series.recovery_paid, [reason]).total,
      }))
      .filter(({ offered, opened, paid }) => offered + opened + paid > 0)
      .sort((a, b) => b.offered - a.offered),
  };
}

/** Goes back from the number of now, since only changes are counted by hour. */
function countAccess(changes: number[], now: number): OverviewSeries["access"] {
  let later = 0;
  const values = changes
    .toReversed()
    .map((change) => {
      const atEnd = now - later;
      later += change;
      return atEnd;
    })
    .toReversed();
  return { now, change: later, values };
}

/** Joins the series after the first `shown` into one: a chart keeps few colors, and its table has them all. */
export function joinRest(series: NamedSeries[], shown: number, name: string): NamedSeries[] {
  const rest = series.slice(shown);
  if (rest.length < 2) return series;
  const slots = series[0]?.values.length ?? 0;
  return [
    ...series.slice(0, shown),
    {
      name,
      values: addUp(
        slots,
        rest.map(({ values }) => values),
      ),
    },
  ];
}

const addUp = (slots: number, series: number[][]): number[] =>
  Array.from({ length: slots }, (_, slot) => sum(series.map((values) => values[slot] ?? 0)));

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Returns the share of deliveries that arrived, in percent; `null` without any. */
export const toSuccessRate = (delivered: number, failed: number): number | null =>
  delivered + failed <= 0 ? null : (100 * delivered) / (delivered + failed);

const isDenialReason = (text: string): text is DenialReason =>
  denialReasons.some((reason) => reason === text);

/** Counts of an earlier release have no reason. */
const nameReason = (detail: string): string =>
  isDenialReason(detail) ? `Denied: ${denialLabels[detail]}` : "Denied: other reasons";
