/** What an audit reads of an account. */
export interface AccountSize {
  /** Each with one subscription, which a Checkout session sold. */
  customers: number;
  chargesEach: number;
  differ: number;
}

interface AuditCost {
  reads: number;
  seconds: number;
}

/** Audits of one account, before and after `differ` subscribers were added that the ledger does not have. */
export interface MeasuredAudits {
  customers: number;
  differ: number;
  clean: AuditCost;
  differing: AuditCost;
}

const perPage = 100;
/** As `workers/runtime/access-audit/stripe-pacer.ts` paces them. */
const readsPerSecond = 10;

/** As `workers/runtime/jobs/run-access-audit.ts` and the sweep that continues it limit them. */
const callsPerTurn = 700;
const turnsPerMinute = 3;

const pages = (objects: number) => Math.max(1, Math.ceil(objects / perPage));

/**
 * Computes an audit's reads from Stripe and its time on the clock. Pages follow from the account's size; the reads of a
 * customer who differs, and the time of a comparison with a customer's object, from what was measured.
 *
 * Counts a page of invoice payments for each page of charges, which an account without direct payments does not read.
 */
export function computeAudit(account: AccountSize, measured: MeasuredAudits): AuditCost {
  const { clean, differing, customers, differ } = measured;
  const readsPerDifference = (differing.reads - clean.reads) / differ;
  const comparisonSeconds = Math.max(0, clean.seconds - clean.reads / readsPerSecond) / customers;
  const charges = account.customers * account.chargesEach;
  const lists = 2 * pages(account.customers) + 2 * pages(charges);
  const reads = Math.ceil(lists + account.differ * readsPerDifference);
  const pacedSeconds = reads / readsPerSecond + account.customers * comparisonSeconds;
  const turns = (2 * reads + account.customers) / callsPerTurn;
  return { reads, seconds: Math.max(pacedSeconds, (turns / turnsPerMinute) * 60) };
}
