import { type AllowanceTerms, findTermsAt } from "./allowance-terms.ts";
import { addMonths, countMonths, findAnchorDay } from "./calendar.ts";
import type { Coverage, CoveredPeriod } from "./coverage.ts";
import type { AllowanceWindow, Moment } from "./entitlement.ts";
import { findBearers } from "./subscription-items.ts";
import { findOpenDisputes, listDisputeIds } from "./weigh-reversals.ts";

export interface AllowanceContext {
  /** The versions of a product's terms; empty for a product that includes nothing. */
  termsOf: (productCode: string) => readonly AllowanceTerms[];
  /** Derives the id of a window's lot, always the same for a source. */
  deriveLotId: (windowStart: Moment) => string;
  /** When the subscription ended. No window begins later. */
  endedAt: Moment | null;
}

/** A covered period of a known item: the only kind that says when it began. */
type ItemPeriod = CoveredPeriod & { itemId: string; productCode: string };

/**
 * Lists the windows of a product's allowance over all covered periods, the first to begin first. Pure: the same
 * coverage and terms always give the same windows, whatever was known first.
 *
 * - A line that begins within a period of the same product, such as one more seat, opens no window.
 * - One that begins within a period of another product of the same item is a change of plan. The window under way gets
 *   what the larger allowance has more; later windows are those of the new product.
 * - A period that was refunded keeps its windows, which are taken back. It takes no window from the product before it.
 */
export function listWindows(
  { lines, phases }: Coverage,
  productCode: string,
  { termsOf, deriveLotId, endedAt }: AllowanceContext,
): AllowanceWindow[] {
  const periods = lines.filter(
    (line): line is ItemPeriod => line.itemId !== null && line.productCode !== null,
  );
  const isSameItem = (former: ItemPeriod, later: ItemPeriod) =>
    former.itemId === later.itemId || findBearers(phases, former).items.has(later.itemId);
  const isWithin = ({ start, end }: ItemPeriod, at: Moment) => start < at && at < end;

  /** The period of the same item that was under way when this one began. */
  const findFormer = (period: ItemPeriod): ItemPeriod | undefined =>
    periods
      .filter((other) => isWithin(other, period.start) && isSameItem(other, period))
      .toSorted((a, b) => a.start - b.start || a.end - b.end)
      .at(-1);
  const isAnotherSeat = (period: ItemPeriod) =>
    periods.some(
      (other) =>
        other.productCode === period.productCode && isWithin(other, period.start) && period.end <= other.end,
    );
  const isReplaced = (period: ItemPeriod, at: Moment) =>
    periods.some(
      (other) =>
        other.productCode !== period.productCode &&
        !other.invoice.isTakenBack &&
        other.start > period.start &&
        other.start <= at &&
        at < other.end &&
        isSameItem(period, other),
    );
  const unitsOf = ({ units, inTrial }: AllowanceTerms, { isTrial }: ItemPeriod) =>
    isTrial ? (inTrial ?? 0) : units;

  /** The units of the window that a period has at `at`, with those of the plan before it. */
  const levelAt = (period: ItemPeriod, at: Moment): number => {
    const step = listSteps(findAnchor(period), termsOf(period.productCode)).findLast(
      ({ start, end }) => start <= at && at < end,
    );
    const own = step === undefined ? 0 : unitsOf(step.terms, period);
    const former = findFormer(period);
    const isUnderWay = former !== undefined && (step === undefined || step.start < period.start);
    return isUnderWay ? Math.max(own, levelAt(former, period.start)) : own;
  };
  /** A change of plan keeps the months of the period in which it was made. */
  const findAnchor = (period: ItemPeriod): { start: Moment; end: Moment } => {
    const former = findFormer(period);
    return former !== undefined && former.end === period.end ? findAnchor(former) : period;
  };

  const windows = new Map<Moment, AllowanceWindow>();
  for (const period of periods) {
    if (period.productCode !== productCode || isAnotherSeat(period)) continue;
    const former = findFormer(period);
    for (const { terms, ...step } of listSteps(findAnchor(period), termsOf(productCode))) {
      if (step.end <= period.start) continue;
      const start = Math.max(step.start, period.start);
      if ((endedAt !== null && start > endedAt) || isReplaced(period, start)) continue;
      const isUnderWay = step.start < period.start && former !== undefined;
      const included = isUnderWay ? levelAt(former, period.start) : 0;
      const units = Math.max(0, unitsOf(terms, period) - included);
      if (units === 0) continue;
      const window: AllowanceWindow = {
        lotId: deriveLotId(start),
        start,
        end: step.end,
        expiresAt: step.expiresAt,
        units,
        rolloverMax: terms.rolloverMax,
        ...describeReversal(period),
      };
      const other = windows.get(start);
      windows.set(start, other === undefined ? window : preferPaid(other, window));
    }
  }
  return [...windows.values()].sort((a, b) => a.start - b.start);
}

/** Of two payments for one window, one that was not taken back decides. Which was known first makes no difference. */
function preferPaid(a: AllowanceWindow, b: AllowanceWindow): AllowanceWindow {
  const isKept = ({ reversedAt }: AllowanceWindow) => reversedAt === null;
  if (isKept(a) !== isKept(b)) return isKept(a) ? a : b;
  if (a.disputes.length !== b.disputes.length) return a.disputes.length < b.disputes.length ? a : b;
  return JSON.stringify(a) > JSON.stringify(b) ? a : b;
}

interface AllowanceStep {
  terms: AllowanceTerms;
  start: Moment;
  end: Moment;
  expiresAt: Moment;
}

/**
 * Lists the windows that a period has by its terms. Each has the terms of its beginning. Terms of whole periods begin with the
 * next period only: until then, a period that was paid with units each month keeps its months.
 */
export function listSteps(
  period: { start: Moment; end: Moment },
  versions: readonly AllowanceTerms[],
): AllowanceStep[] {
  if (versions.length === 0) return [];
  const day = findAnchorDay(period.start, period.end);
  const months = countMonths(period.start, period.end);
  const ofMonths = versions.filter(({ every, units }) => every === "month" || units === 0);
  const steps: AllowanceStep[] = [];
  for (let month = 0; ; ) {
    const start = month === 0 ? period.start : addMonths(period.start, month, day);
    if (start >= period.end) return steps;
    const terms = findTermsAt(month === 0 ? versions : ofMonths, start);
    const isWhole = terms?.every === "period";
    const nextMonth = Math.min(addMonths(period.start, month + 1, day), period.end);
    if (terms !== null && (!isWhole || month === 0)) {
      const end = isWhole ? period.end : nextMonth;
      const kept = terms.rolloverWindows;
      const expiresAt = isWhole
        ? addPeriods(period, months, kept)
        : kept === 0
          ? end
          : addMonths(period.start, month + 1 + kept, day);
      steps.push({ terms, start, end, expiresAt });
      if (isWhole) return steps;
    }
    month++;
  }
}

/** Returns the end of the period that begins `count` periods later, if they all are as long. */
function addPeriods(
  { start, end }: { start: Moment; end: Moment },
  months: number | null,
  count: number,
): Moment {
  if (months === null) return end + count * (end - start);
  return count === 0 ? end : addMonths(start, months * (count + 1), findAnchorDay(start, end));
}

function describeReversal({ invoice: { payments, reversal } }: CoveredPeriod) {
  const causeIds = [...payments.map(({ recordId }) => recordId), ...payments.flatMap(listDisputeIds)];
  const disputes = findOpenDisputes(payments).map(({ id, createdAt }) => ({
    causeId: id,
    relatedCauseIds: causeIds.toSorted(),
    placedAt: createdAt,
  }));
  return {
    reversedAt: reversal.fullyReversedAt,
    // The order in which they were reported makes no difference.
    disputes: disputes.toSorted((a, b) => (a.causeId < b.causeId ? -1 : 1)),
  };
}
