import type {
  CustomerView,
  EntitlementExplained,
  EntryView,
} from "../../../shared/contract/operations/customer-views.ts";
import type {
  CustomerCheckoutAttempt,
  CustomerDelivery,
  CustomerStripeEvent,
} from "../../../workers/portal/db/customer.ts";

export const noon = Date.UTC(2026, 10, 24, 12);

export const customer = (change: Partial<CustomerView> = {}): CustomerView => ({
  subjectRef: "user_1",
  exists: true,
  decision: {
    allowed: false,
    reason: "no_entitlement",
    entitlementId: null,
    decisionId: "dec_1",
    at: noon,
    sequence: 3,
    products: [],
  },
  since: null,
  lastCheck: null,
  entitlements: [],
  nextAllowances: [],
  usageRemaining: 0,
  reservations: [],
  entries: [],
  flips: [],
  notices: [],
  entriesBefore: null,
  usage: [],
  usageIsPartial: false,
  headSequence: 3,
  flushedSequence: 3,
  ...change,
});

export const deniedFor = (
  reason: NonNullable<CustomerView["decision"]["reason"]>,
): CustomerView["decision"] => ({
  ...customer().decision,
  reason,
  entitlementId: "ent_1",
});

export const allowed: CustomerView["decision"] = {
  ...customer().decision,
  allowed: true,
  reason: null,
  entitlementId: "ent_1",
};

export const entitlement = (change: Partial<EntitlementExplained> = {}): EntitlementExplained => ({
  entitlementId: "ent_1",
  kind: "usage_pack",
  productCode: "CREDITS_1000",
  includedIn: null,
  source: "stripe",
  status: "active",
  usable: false,
  unavailableReason: null,
  blockers: [],
  unitsGranted: 1_000,
  unitsRemaining: 0,
  startsAt: null,
  expiresAt: null,
  currentPeriodEnd: null,
  cancelAtPeriodEnd: null,
  graceUntil: null,
  canceledAt: null,
  holds: [],
  flags: [],
  stripe: null,
  attemptId: "att_1",
  createdAt: noon,
  updatedAt: noon,
  ...change,
});

/** Returns an entry that changed the units of `ent_1` by `units`. */
export const entry = (
  sequence: number,
  operation: string,
  units: number,
  change: Partial<EntryView> = {},
): EntryView => ({
  sequence,
  at: noon + sequence,
  operation,
  source: "runtime",
  reason: operation,
  actor: null,
  cause: { type: "request", id: "req_1", because: null },
  idempotencyKey: null,
  touched: [
    {
      entitlementId: "ent_1",
      productCode: "CREDITS_1000",
      kind: "usage_pack",
      status: "active",
      units,
      consumed: ["consume", "settle", "lapse"].includes(operation) ? -units : 0,
      unitsRemaining: 0,
    },
  ],
  reservation: null,
  manual: null,
  undoneBy: null,
  ...change,
});

export const attempt = (change: Partial<CustomerCheckoutAttempt> = {}): CustomerCheckoutAttempt => ({
  attemptId: "att_1",
  productCode: "CREDITS_1000",
  status: "finalized",
  amountTotal: 4_900,
  currency: "eur",
  stripeSessionId: "cs_1",
  expiresAt: null,
  createdAt: noon - 1_000,
  updatedAt: noon,
  ...change,
});

export const stripeEvent = (change: Partial<CustomerStripeEvent> = {}): CustomerStripeEvent => ({
  eventId: "evt_1",
  type: "checkout.session.completed",
  status: "applied",
  detail: null,
  foundBy: "webhook",
  stripeCreatedAt: noon,
  receivedAt: noon,
  settledAt: noon,
  ...change,
});

export const delivery = (change: Partial<CustomerDelivery> = {}): CustomerDelivery => ({
  deliveryId: "dlv_1",
  eventType: "purchase.finalized",
  state: "sent",
  attempts: 1,
  lastStatus: 200,
  lastError: null,
  nextAttemptAt: null,
  url: "https://api.example.com/hook",
  occurredAt: noon,
  sequence: 1,
  durationMs: 40,
  ...change,
});
