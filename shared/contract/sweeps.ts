/**
 * The sweeps of each minute: what is due, and what a queue, an alarm or a crash lost. A run starts them in this order.
 * They run side by side, so that none waits for another. Each group is named by what can hold its sweeps up.
 */

/** Run in the runtime: `workers/runtime/sweeps/table.ts` has their functions. */
export const runtimeSweeps = [
  // Customers' objects and Keyrings.
  "expiries",
  "keyrings",
  "lostAlarms",
  "erasures",
  "termsRollouts",
  // Stripe. Events that Stripe did not answer last time have a separate sweep, so that they hold up no other.
  "inbox",
  "inboxReads",
  "missedEvents",
  "backfills",
  "reviews",
  // D1 only.
  "access",
  "oldEvents",
  "oldAttempts",
  "storage",
] as const;
export type RuntimeSweep = (typeof runtimeSweeps)[number];

/** Run in the deliveries worker: `workers/deliveries/sweeps/run-sweeps.ts` has their functions. */
export const deliveriesSweeps = [
  // Only starts receivers' lanes and jobs, which run in separate invocations.
  "deliveries",
  "subjectJobs",
  "bulkJobs",
  "accessAudits",
  "alertMessages",
  // D1 only.
  "alerts",
  "retention",
  "auditEntries",
] as const;
export type DeliveriesSweep = (typeof deliveriesSweeps)[number];

/** What each sweep does, in an operator's words. */
const sweepLabels: Record<RuntimeSweep | DeliveriesSweep, string> = {
  expiries: "recording expiries",
  keyrings: "sending API keys to all places",
  lostAlarms: "looking for changes without an alarm",
  erasures: "erasing customers",
  termsRollouts: "updating customers after a change of included units or signals",
  inbox: "applying Stripe events",
  inboxReads: "applying Stripe events that need an answer from Stripe",
  missedEvents: "looking for missed Stripe events",
  backfills: "reading customers again after a gap in Stripe's events",
  reviews: "reviewing silent subscriptions",
  access: "updating access in lists",
  oldEvents: "removing old Stripe events",
  oldAttempts: "removing unpaid checkouts",
  storage: "measuring the database",
  deliveries: "starting webhook deliveries",
  subjectJobs: "continuing data checks",
  bulkJobs: "continuing bulk actions",
  accessAudits: "continuing access audits",
  alertMessages: "starting alert messages",
  alerts: "evaluating alerts",
  retention: "removing old rows",
  auditEntries: "moving entries to the audit log",
};

/** Says what a run does. A run in a further database names it after the sweep. */
export function describeSweep(run: string): string {
  const [name = "", ...place] = run.split(" ");
  const label = name in sweepLabels ? sweepLabels[name as keyof typeof sweepLabels] : name;
  return [label, ...place].join(" ");
}

/**
 * The sweeps of the control database. Each of the others runs once per data database, in a separate invocation where the
 * platform limits calls, so that a database that does not answer holds up no other.
 */
export const controlSweeps: ReadonlySet<string> = new Set<RuntimeSweep>(["keyrings", "missedEvents"]);

/**
 * The times of one sweep, in milliseconds. They follow from the platform: a run starts each minute, whether or not the
 * one before has ended (`crons` in workers/deliveries/wrangler.toml), and may take 15 minutes.
 */
export const sweepTimes = {
  /**
   * A sweep begins no work after this time. The longest work takes 25 s more (a try of a Stripe event, `tryTimeoutMs`), so
   * of a sweep that never gets done at most two runs overlap.
   */
  budget: 40_000,
  /** A sweep that has not ended by then hangs and is abandoned. */
  timeout: 120_000,
  /** A sweep that takes longer is named on the overview: it has more to do than it can, or waits for what hangs. */
  slowAfter: 15_000,
};

/** Numbers of rows by what a sweep did with them, for the log. */
export interface SweepCounts {
  [what: string]: number;
}
