import { z } from "zod";
import { productCodeSchema } from "./checkout.ts";
import type { DataCheckRpc } from "./data-check.ts";
import type { RecordsRpc } from "./records.ts";
import type { SupportRpc } from "./support.ts";
import { type Kind, kinds, type Mode, type PlanStatus } from "./words.ts";

/**
 * What the portal asks of the runtime over RPC, for an operator: everything that needs a Stripe key, a Keyring or a
 * subject. Workers never import each other, so both sides know it from here.
 *
 * The portal hands over the session's token and where it came from; who that is and what they may do, the runtime reads
 * itself. Every answer is a value: done, or refused with a sentence for the operator.
 */
export interface OperatorCaller {
  sessionToken: string;
  /** Where the request came from, for the audit log; `null` when the platform did not say. */
  ipAddress: string | null;
}

export interface Place {
  projectId: string;
  mode: Mode;
}

export interface Refusal {
  outcome: "refused";
  reason: "session_ended" | "not_allowed" | "proof_needed" | "not_found" | "invalid" | "conflict" | "stripe";
  /** For the operator: what is wrong and how to mend it. */
  message: string;
  /** The field of the form that it is about. */
  field?: string;
}

export function refusal(reason: Refusal["reason"], message: string, field?: string): Refusal {
  return { outcome: "refused", reason, message, ...(field === undefined ? {} : { field }) };
}

export type OperatorReply<T = object> = ({ outcome: "done" } & T) | Refusal;

/** A price at Stripe, as far as somebody choosing one needs to see it. */
export interface PriceView {
  priceId: string;
  productName: string;
  /** In the currency's smallest unit; `null` for prices that have no fixed amount. */
  unitAmount: number | null;
  currency: string;
  /** `month`, `3 months`, …; `null` when it is paid once. */
  interval: string | null;
  active: boolean;
}

/** One thing that a Stripe key must be able to do for us. */
export interface PermissionCheck {
  /** As Stripe's dashboard names it. */
  name: string;
  needs: "Read" | "Write";
  ok: boolean;
  /** What it is for; or, where it is missing, what Stripe said. */
  note: string;
}

const days = z.coerce.number().int().min(1).max(36_500);

const productDetailsSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("subscription") }),
  z.object({ kind: z.literal("time_pass"), durationDays: days }),
  z.object({
    kind: z.literal("usage_pack"),
    units: z.coerce.number().int().min(1).max(1_000_000_000_000),
    expiresAfterDays: days.nullable(),
  }),
]);

export const productSchema = z.intersection(
  z.object({
    productCode: productCodeSchema,
    name: z.string().trim().min(1).max(120),
    stripePriceId: z.string().regex(/^price_[A-Za-z0-9_]{1,200}$/),
    kind: z.enum(kinds),
  }),
  productDetailsSchema,
);

export type ProductInput = z.infer<typeof productSchema>;

export interface OperatorRpc extends SupportRpc, RecordsRpc, DataCheckRpc {
  createApiKey(
    caller: OperatorCaller,
    place: Place,
    /** `keyId` was chosen with the form: sending that twice makes one key. */
    key: { keyId: string; name: string; expiresAt: number | null },
  ): Promise<OperatorReply<{ keyId: string; apiKey: string }>>;
  rotateApiKey(
    caller: OperatorCaller,
    place: Place,
    rotation: { keyId: string; newKeyId: string; overlapMs: number },
  ): Promise<OperatorReply<{ keyId: string; apiKey: string; oldExpiresAt: number }>>;
  revokeApiKey(caller: OperatorCaller, place: Place, keyId: string): Promise<OperatorReply>;

  connectStripe(
    caller: OperatorCaller,
    place: Place,
    apiKey: string,
  ): Promise<OperatorReply<{ permissions: PermissionCheck[] }>>;
  checkStripe(
    caller: OperatorCaller,
    place: Place,
  ): Promise<OperatorReply<{ permissions: PermissionCheck[] }>>;
  /** `origin` is where Stripe reaches us. */
  registerWebhook(caller: OperatorCaller, place: Place, origin: string): Promise<OperatorReply>;
  setWebhookSecret(caller: OperatorCaller, place: Place, secret: string): Promise<OperatorReply>;

  listPrices(caller: OperatorCaller, place: Place): Promise<OperatorReply<{ prices: PriceView[] }>>;
  lookUpPrice(
    caller: OperatorCaller,
    place: Place,
    price: { priceId: string; kind: Kind },
  ): Promise<OperatorReply<{ price: PriceView }>>;
  createProduct(caller: OperatorCaller, place: Place, product: ProductInput): Promise<OperatorReply>;
  /** `version` is the `updated_at` that the form was made from: an edit over somebody else's is refused. */
  editProduct(
    caller: OperatorCaller,
    place: Place,
    edit: { product: ProductInput; version: number },
  ): Promise<OperatorReply>;
  archiveProduct(
    caller: OperatorCaller,
    place: Place,
    change: { productCode: string; archived: boolean },
  ): Promise<OperatorReply>;

  setPlan(caller: OperatorCaller, plan: PlanStatus): Promise<OperatorReply>;

  retryEvent(
    caller: OperatorCaller,
    place: Place,
    eventId: string,
  ): Promise<OperatorReply<{ status: string; detail: string | null }>>;
  findCustomersByEmail(
    caller: OperatorCaller,
    place: Place,
    email: string,
  ): Promise<OperatorReply<{ customerIds: string[] }>>;
}
