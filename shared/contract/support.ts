import { z } from "zod";
import { productCodeSchema } from "./checkout.ts";
import type { OperatorCaller, OperatorReply, Place, Refusal } from "./operator.ts";
import type { DenialReason, EntitlementSource, EntitlementStatus, Kind } from "./words.ts";

/** What the portal's Customer Support page asks of the runtime (spec page 4): everything of one subject, and the actions. */

/** Why an operator acts; a text of their own goes with it. */
export const actionReasons = [
  "customer_request",
  "goodwill",
  "paid_elsewhere",
  "our_mistake",
  "incident",
  "abuse",
  "other",
] as const;
export type ActionReason = (typeof actionReasons)[number];

const entitlementId = z.string().regex(/^ent_[0-9a-z]{26}$/, "is not an entitlement id");
const units = z.number().int().min(0).max(1_000_000_000_000);
const days = z.number().int().min(1).max(36_500);

/** An operator's action as their form says it. Moments are in milliseconds since 1970. */
export const manualFormSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("grant"),
    productCode: productCodeSchema,
    /** Usage packs; `null` for what the product sells. */
    units: units.min(1).nullable(),
    /** Time passes; `null` for what the product sells. */
    durationDays: days.nullable(),
    /** When a subscription or pack ends; `null` for what the product sells, or never. */
    expiresAt: z.number().int().min(0).nullable(),
  }),
  z.strictObject({ type: z.literal("revoke"), entitlementId }),
  z.strictObject({
    type: z.literal("adjust"),
    entitlementId,
    how: z.enum(["add", "remove", "set"]),
    units,
  }),
  z.strictObject({ type: z.literal("lift_hold"), entitlementId, causeId: z.string().min(1).max(255) }),
  /** `sequence` of the ledger entry that is undone. */
  z.strictObject({ type: z.literal("undo"), sequence: z.number().int().min(1) }),
]);
export type ManualForm = z.infer<typeof manualFormSchema>;

/** What was done by hand, as the ledger keeps it. */
export type ManualType = ManualForm["type"];

/** Whether the customer may proceed. */
export interface AccessView {
  allowed: boolean;
  /** Why not. */
  reason: DenialReason | null;
  /** Which entitlement decided. */
  entitlementId: string | null;
}

export interface DecisionView extends AccessView {
  /** `dec_…`: names this decision for ever. */
  decisionId: string;
  at: number;
  sequence: number;
}

export interface HoldView {
  causeId: string;
  reason: "dispute" | "refund";
  placedAt: number;
  liftedAt: number | null;
  /** Whether it blocks now. */
  effective: boolean;
}

/** An entitlement with what made it usable or not. */
export interface EntitlementExplained {
  entitlementId: string;
  kind: Kind;
  productCode: string;
  source: EntitlementSource;
  /** As it is at the moment of asking, not as recorded. */
  status: EntitlementStatus;
  usable: boolean;
  unavailableReason: DenialReason | null;
  /** Everything that stands between it and its use, nearest to access first. */
  blockers: DenialReason[];
  unitsGranted: number | null;
  unitsRemaining: number | null;
  startsAt: number | null;
  expiresAt: number | null;
  currentPeriodEnd: number | null;
  cancelAtPeriodEnd: boolean | null;
  graceUntil: number | null;
  canceledAt: number | null;
  holds: HoldView[];
  flags: string[];
  stripe: {
    checkoutSessionId: string | null;
    paymentIntentId: string | null;
    subscriptionId: string | null;
    customerId: string | null;
  } | null;
  attemptId: string | null;
  createdAt: number;
  updatedAt: number;
}

/** One ledger entry for people. */
export interface EntryView {
  sequence: number;
  at: number;
  operation: string;
  source: "runtime" | "stripe" | "portal" | "system";
  reason: string;
  actor: { operatorId: string; name: string } | null;
  /** The Stripe event, API request or read that caused it. */
  cause: {
    type: "request" | "stripe_event" | "stripe_read" | "operator" | "clock";
    id: string | null;
    /** Of a read from Stripe: who or what asked for it. */
    because: string | null;
  };
  idempotencyKey: string | null;
  touched: {
    entitlementId: string;
    productCode: string;
    kind: Kind;
    status: EntitlementStatus;
    /** Negative when units left. */
    units: number;
    unitsRemaining: number | null;
  }[];
  /** Whether access changed with it, where the walk knows what was before. */
  flip: { from: boolean; to: boolean } | null;
  /** Of an operator's action: what it was, and what it undid. */
  manual: { type: ManualType; undoes: number | null } | null;
  /** The entry that took an operator's action back. */
  undoneBy: number | null;
}

export interface UsageDay {
  /** UTC midnight. */
  day: number;
  units: number;
}

export interface CustomerView {
  subjectRef: string;
  /** `false` when nothing ever happened to it. */
  exists: boolean;
  decision: DecisionView;
  /** Since when access has been so; `null` where the entries that were read do not reach back to it. */
  since: number | null;
  entitlements: EntitlementExplained[];
  usageRemaining: number;
  /** Newest first. */
  entries: EntryView[];
  /** For the next page: entries before this sequence; `null` at the beginning. */
  entriesBefore: number | null;
  /** Newest first, of the days that had any; from the entries that are still there and the totals of older ones. Of the first page only. */
  usage: UsageDay[];
  /** Whether `usage` leaves out some days of the middle: too many entries to add up for a page. */
  usageIsPartial: boolean;
  headSequence: number;
  /** What D1 has; less than the head means that lists lag. */
  flushedSequence: number;
}

export type AsOf =
  /** A `dec_…` id that the runtime API answered with. */
  { decisionId: string } | { at: number };

export type AsOfReply = OperatorReply<{
  decision: DecisionView;
  /** The entitlements as they stood then. */
  entitlements: EntitlementExplained[];
}>;

export interface ChangeView {
  before: EntitlementExplained | null;
  after: EntitlementExplained;
  units: number;
}

export interface PreviewView {
  /** Of what the preview rests on: the action applies only while this is the same. */
  fingerprint: string;
  before: DecisionView;
  after: AccessView;
  changes: ChangeView[];
  /** The outbound events it will send, where an endpoint asks for them. */
  events: { type: string; productCode: string | null }[];
}

export interface ManualCommand {
  /** Chosen with the form: the same form sent twice acts once. */
  actionId: string;
  form: ManualForm;
  reason: ActionReason;
  /** In the operator's words, 1-500 characters. */
  text: string;
  fingerprint: string;
}

/** Moved: what the preview rested on changed since; `preview` says how it would be now. */
export type ManualReply =
  | { outcome: "done"; sequence: number; repeated: boolean }
  | { outcome: "moved"; preview: PreviewView }
  | Refusal;

/** One difference between Stripe and the ledger, with its cause. */
export interface SyncPreview {
  fingerprint: string;
  before: DecisionView;
  after: AccessView;
  changes: { operation: string; reason: string; cause: string; touched: ChangeView[] }[];
}

export interface SupportRpc {
  readCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    page: { before: number | null; limit: number },
  ): Promise<OperatorReply<{ customer: CustomerView }>>;
  readDecision(caller: OperatorCaller, place: Place, subjectRef: string, asOf: AsOf): Promise<AsOfReply>;
  previewAction(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    action: { actionId: string; form: ManualForm },
  ): Promise<OperatorReply<{ preview: PreviewView }>>;
  applyAction(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    command: ManualCommand,
  ): Promise<ManualReply>;
  previewSync(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
  ): Promise<OperatorReply<{ preview: SyncPreview }>>;
  /** `moved` when Stripe or the ledger says something else than the preview did. */
  applySync(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
    sync: { fingerprint: string; reason: ActionReason; text: string },
  ): Promise<OperatorReply<{ changes: number }> | { outcome: "moved"; preview: SyncPreview }>;
}
