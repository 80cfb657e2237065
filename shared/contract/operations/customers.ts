import { z } from "zod";
import { hasRole, type Role } from "../roles.ts";
import type {
  AccessView,
  CustomerView,
  DecisionView,
  EntitlementExplained,
  PreviewView,
  SyncPreview,
} from "./customer-views.ts";
import { actionReason, fingerprint, formId, objectId, stripeId, time } from "./inputs.ts";
import { manualActionSchema } from "./manual-action.ts";
import { done, operation, output } from "./operation.ts";
import type { Refusal } from "./reply.ts";
import type { ReservationView } from "./reservation-views.ts";
import type { StripeProfile } from "./stripe-profile.ts";

/** The last ledger entry that a decision id can name. */
const maxSequence = 2 ** 48 - 1;

/** The `subject_ref` as the product's backend sends it. A text that can be no name is answered as an unknown customer. */
export const subjectRef = z.string().max(1_020);

export const readCustomer = operation({
  name: "customer.read",
  worker: "runtime",
  scope: "project",
  role: "viewer",
  recentAuth: "never",
  audit: [],
  /** Ledger entries before the sequence `before`, newest first; `null` for the newest. */
  input: z.strictObject({
    subjectRef,
    before: z.int().min(0).max(maxSequence).nullable(),
    limit: z.int().min(1).max(200),
    /** Whether to read the customer's name, email, plan prices and payments from Stripe too. */
    withProfile: z.boolean(),
  }),
  /** `profile` is `null` when not requested, without a Stripe customer, and after an erasure; a refusal if Stripe failed. */
  output: done<{ customer: CustomerView; profile: StripeProfile | Refusal | null }>(),
});

/** A `dec_…` id that the runtime API returned, or a time in milliseconds since 1970. */
const asOf = z.union([
  z.strictObject({ decisionId: z.string().max(4_000) }),
  z.strictObject({ at: time("Enter a day and time that exist.") }),
]);
export type AsOf = z.infer<typeof asOf>;

/** Recomputes a past decision from the ledger. */
export const readDecision = operation({
  name: "customer.read_decision",
  worker: "runtime",
  scope: "project",
  role: "viewer",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ subjectRef, asOf }),
  output: done<{
    decision: DecisionView;
    entitlements: EntitlementExplained[];
    reservations: ReservationView[];
  }>(),
});

/** The customers at Stripe with this email address. */
export const findCustomersByEmail = operation({
  name: "customer.find_by_email",
  worker: "runtime",
  scope: "project",
  role: "viewer",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ email: z.string().max(320, "Enter an email address.") }),
  output: done<{ customerIds: string[] }>(),
});

/**
 * The objects at Stripe that lead from this one to its customer, the nearest first: for a refund its charge, the payment
 * and the customer. `attemptId`: the checkout that the object's metadata names. Not found: Stripe has no such object.
 */
export const findRelatedAtStripe = operation({
  name: "customer.find_related_at_stripe",
  worker: "runtime",
  scope: "project",
  role: "viewer",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ stripeId }),
  output: done<{ stripeIds: string[]; attemptId: string | null }>(),
});

/** `actionId` is chosen with the form: sending the form twice acts once. */
const action = {
  subjectRef,
  actionId: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  form: manualActionSchema,
};

/** Decides the action by the rules that would write it, and writes nothing. */
export const previewAction = operation({
  name: "customer.preview_action",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject(action),
  output: done<{ preview: PreviewView }>(),
});

/** `preview_outdated`: what the preview showed has changed since; nothing was applied, and `preview` is the new one. */
export const applyAction = operation({
  name: "customer.apply_action",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: [
    "customer.grant",
    "customer.revoke",
    "customer.adjust",
    "customer.lift_hold",
    "customer.release_reservation",
    "customer.undo",
  ],
  input: z.strictObject({ ...action, ...actionReason, fingerprint }),
  output: output<
    | { outcome: "done"; sequence: number; repeated: boolean }
    | { outcome: "preview_outdated"; preview: PreviewView }
  >(),
});

/** The changes that Stripe has for the customer and the ledger does not. */
export const previewSync = operation({
  name: "customer.preview_sync",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ subjectRef }),
  output: done<{ preview: SyncPreview }>(),
});

/** `preview_outdated`: Stripe or the ledger has changed since the preview; nothing was applied. */
export const applySync = operation({
  name: "customer.sync",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["customer.sync"],
  input: z.strictObject({ subjectRef, ...actionReason, fingerprint }),
  output: output<
    { outcome: "done"; changes: number } | { outcome: "preview_outdated"; preview: SyncPreview }
  >(),
});

export const maxNoteCharacters = 4_000;
const noteMessage = "Enter a note of 1 to 4,000 characters.";

/** `noteId` is chosen with the form: sending the form twice writes one note. */
export const addNote = operation({
  name: "customer.note_add",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["customer.note_add"],
  input: z.strictObject({
    subjectRef,
    noteId: formId("note"),
    note: z
      .string()
      // With a margin for the line ends that a browser sends as two characters.
      .max(2 * maxNoteCharacters, noteMessage)
      .transform((text) => text.replaceAll("\r\n", "\n").trim())
      .pipe(z.string().min(1, noteMessage).max(maxNoteCharacters, noteMessage)),
  }),
  output: done(),
});

/** Whether a member of `role` may delete a note: an author their own, an admin any. */
export const mayDeleteNote = (role: Role, isAuthor: boolean): boolean => isAuthor || hasRole(role, "admin");

/** In addition to the role, `mayDeleteNote` decides. */
export const deleteNote = operation({
  name: "customer.note_delete",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["customer.note_delete"],
  input: z.strictObject({ subjectRef, noteId: objectId }),
  output: done(),
});

/**
 * Returns the next part of the file that holds everything about the customer. `cursor` is `null` for the first part,
 * then the `next` of the part before; the file ends when `next` is `null`.
 */
export const exportCustomer = operation({
  name: "customer.export",
  worker: "runtime",
  scope: "project",
  role: "owner",
  recentAuth: "always",
  audit: ["customer.export"],
  input: z.strictObject({ subjectRef, cursor: z.string().max(1_024).nullable() }),
  output: done<{ text: string; next: string | null }>(),
});

export interface ErasePreview {
  access: AccessView;
  entitlements: number;
  entries: number;
  /** Checkouts that can still be paid at Stripe: the payment would arrive and grant nothing. */
  openCheckouts: number;
  /** Subscriptions that Stripe keeps charging until someone cancels them there. */
  openSubscriptions: string[];
  notes: number;
  stripeEvents: number;
  deliveries: number;
}

/** Counts what an erasure would delete. Needs no recent authentication: the form that erases does. */
export const previewErase = operation({
  name: "customer.preview_erase",
  worker: "runtime",
  scope: "project",
  role: "owner",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ subjectRef }),
  output: done<{ preview: ErasePreview }>(),
});

/** `erasureId` is chosen with the form: sending the form twice erases once. A running erasure ends within minutes. */
export const eraseCustomer = operation({
  name: "customer.erase",
  worker: "runtime",
  scope: "project",
  role: "owner",
  recentAuth: "always",
  audit: ["customer.erase"],
  input: z.strictObject({
    subjectRef,
    erasureId: formId("ers"),
    /** The customer's `subject_ref`, typed again. */
    confirmation: z.string().max(1_020, "Type the customer's subject_ref."),
    /** The text stays in the audit log, so it must not name the customer. */
    ...actionReason,
  }),
  output: done<{ state: "running" | "done" }>(),
});
