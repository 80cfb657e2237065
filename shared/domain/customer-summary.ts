import { hasExpired, isHoldEffective } from "./availability.ts";
import { decideAccess } from "./decision.ts";
import type { Entitlement, Moment } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import type { StripeRecord } from "./stripe-record.ts";

/** Why a customer may need an operator, whether or not access is allowed. A hold outranks an overdue payment. */
export const attentions = ["on_hold", "past_due"] as const;
export type Attention = (typeof attentions)[number];

/** Access from `from` on, until the next segment begins. */
export interface AccessSegment {
  from: Moment;
  access: "allowed" | "denied";
  attention: Attention | null;
}

/** What the list of customers shows and sorts by. */
export interface CustomerSummary {
  /** Access from `now` on, as the clock alone changes it. The first segment begins at `now`. */
  segments: AccessSegment[];
  /** The units of all packs that have not ended; `null` without such a pack. */
  unitsLeft: number | null;
  /** Paid in total, without refunds and lost disputes, by currency in its minor unit; the largest first. */
  paid: { currency: string; amount: number }[];
  /** When the customer's next period, pass or pack ends; when the last one ended, if none is left. */
  endsAt: Moment | null;
  /** Whether a subscription renews at `endsAt`. */
  renews: boolean;
}

/** The clock changes access rarely, and each flush computes the rest again. */
const maxSegments = 50;

/** Summarizes a subject. Pure: the same state and moment always give the same summary. */
export function summarizeCustomer(
  { entitlements, records }: Pick<SubjectState, "entitlements" | "records">,
  now: Moment,
): CustomerSummary {
  const all = [...entitlements.values()];
  const deciding = all.filter(({ includedIn }) => includedIn === undefined);
  return {
    segments: scheduleAccess(deciding, now),
    unitsLeft: sumUnits(all),
    paid: sumPayments(deciding, records.values()),
    ...findEnd(deciding),
  };
}

/** Lists what access is at `now` and at each later moment at which the clock changes it, at most 50. */
export function scheduleAccess(entitlements: Entitlement[], now: Moment): AccessSegment[] {
  const open = entitlements.filter(({ status }) => status !== "canceled");
  const moments = new Set(open.flatMap(listMoments).filter((moment) => moment > now));
  const segments: AccessSegment[] = [];
  for (const from of [now, ...[...moments].sort((a, b) => a - b).slice(0, maxSegments)]) {
    const access = decideAccess(entitlements, from).allowed ? "allowed" : "denied";
    const attention = findAttention(open, from);
    const last = segments.at(-1);
    if (last?.access !== access || last.attention !== attention) segments.push({ from, access, attention });
  }
  return segments;
}

/** Returns the segment of `now`. Before the first one, it is the first one. */
export function segmentAt(segments: readonly AccessSegment[], now: Moment): AccessSegment | undefined {
  return segments.findLast(({ from }) => from <= now) ?? segments[0];
}

/** Lists the moments at which the clock can change what the entitlement gives. */
function listMoments({ startsAt, expiresAt, graceUntil, coveredUntil, holds }: Entitlement): Moment[] {
  const windows = holds.flatMap(({ window, liftedAt }) =>
    window === undefined || liftedAt !== null ? [] : [window.from, window.until],
  );
  return [startsAt, expiresAt, graceUntil, coveredUntil, ...windows].filter((moment) => moment != null);
}

function findAttention(open: Entitlement[], now: Moment): Attention | null {
  const current = open.filter(
    (entitlement) => entitlement.status !== "expired" && !hasExpired(entitlement, now),
  );
  if (current.some((each) => each.holds.some((hold) => isHoldEffective(hold, each, now)))) return "on_hold";
  return current.some(({ status }) => status === "past_due") ? "past_due" : null;
}

const hasEnded = ({ status }: Entitlement): boolean => status === "canceled" || status === "expired";

function sumUnits(entitlements: Entitlement[]): number | null {
  const packs = entitlements.filter((each) => each.unitsRemaining !== null && !hasEnded(each));
  return packs.length === 0
    ? null
    : packs.reduce((sum, { unitsRemaining }) => sum + (unitsRemaining ?? 0), 0);
}

function sumPayments(entitlements: Entitlement[], records: Iterable<StripeRecord>): CustomerSummary["paid"] {
  const sums = new Map<string, number>();
  const add = (currency: string | null | undefined, amount: number | null | undefined) => {
    if (currency != null && amount != null) sums.set(currency, (sums.get(currency) ?? 0) + amount);
  };
  /** The currency of a payment, for older reversals, which lack it. */
  const currencies = new Map<string, string | null>();
  for (const { kind, purchase } of entitlements) {
    if (purchase === null || kind === "subscription") continue;
    add(purchase.currency, purchase.amountTotal);
    if (purchase.paymentIntentId !== null) currencies.set(purchase.paymentIntentId, purchase.currency);
  }
  for (const record of records) {
    if (record.type === "subscription") {
      for (const { outcome, currency, amountPaid } of Object.values(record.invoices))
        if (outcome === "paid") add(currency, amountPaid);
      continue;
    }
    if (record.type !== "payment") continue;
    const own = record.invoice?.currency ?? currencies.get(record.recordId);
    for (const { status, currency, amount } of Object.values(record.refunds))
      if (status === "succeeded") add(currency ?? own, -amount);
    for (const { status, currency, amount } of Object.values(record.disputes))
      if (status === "lost") add(currency ?? own, -amount);
  }
  return [...sums]
    .map(([currency, amount]) => ({ currency, amount: Math.max(0, amount) }))
    .sort((a, b) => b.amount - a.amount || (a.currency < b.currency ? -1 : 1));
}

function findEnd(entitlements: Entitlement[]): { endsAt: Moment | null; renews: boolean } {
  const open = entitlements.filter((each) => !hasEnded(each));
  const ends = open.flatMap((each) => {
    const at = each.kind === "subscription" ? (each.expiresAt ?? each.currentPeriodEnd) : each.expiresAt;
    return at === null ? [] : [{ at, each }];
  });
  const passes = ends.filter(({ each }) => each.kind === "time_pass");
  // Passes follow one another: access lasts until the end of the last one.
  const lastPass = passes.toSorted((a, b) => b.at - a.at).slice(0, 1);
  const [next] = [...ends.filter(({ each }) => each.kind !== "time_pass"), ...lastPass].sort(
    (a, b) => a.at - b.at,
  );
  if (next !== undefined) return { endsAt: next.at, renews: isRenewing(next.each) };
  if (open.length > 0) return { endsAt: null, renews: false };
  const past = entitlements.flatMap(({ canceledAt, expiresAt }) => canceledAt ?? expiresAt ?? []);
  return { endsAt: past.length === 0 ? null : Math.max(...past), renews: false };
}

const isRenewing = ({ kind, expiresAt, cancelAtPeriodEnd, status }: Entitlement): boolean =>
  kind === "subscription" && expiresAt === null && cancelAtPeriodEnd !== true && status !== "paused";
