import { z } from "zod";
import { subjectRef } from "./customers.ts";
import { actionReason, formId, objectId } from "./inputs.ts";
import { adjustment, grantSchema, productCode } from "./manual-action.ts";
import { done, operation } from "./operation.ts";

/**
 * A bulk job does one action on many customers. Its list of customers is frozen when it is created. It previews each of
 * them, waits for an operator to start it, and then acts on those that are still as previewed.
 */

export const maxBulkCustomers = 1_000;

const sizeMessage = "Select 1 to 1,000 customers.";

/**
 * `revoke` and `adjust` concern the only current entitlement of the product that a customer has. A customer with several
 * is left to the operator.
 */
export const bulkActionSchema = z.discriminatedUnion("type", [
  grantSchema,
  z.strictObject({ type: z.literal("revoke"), productCode }),
  z.strictObject({ type: z.literal("adjust"), productCode, ...adjustment }),
  z.strictObject({ type: z.literal("retry") }),
  z.strictObject({ type: z.literal("sync") }),
]);
/** An action that an operator chooses for many customers, or the undoing of an earlier job. */
export type BulkAction = z.infer<typeof bulkActionSchema> | { type: "undo"; jobId: string };
export type BulkActionType = BulkAction["type"];

export const bulkJobStatuses = ["previewing", "ready", "running", "stopped", "finished"] as const;
export type BulkJobStatus = (typeof bulkJobStatuses)[number];

/** The result of one customer. */
export const bulkRowStates = [
  /** Waits for its preview. */
  "pending",
  /** Previewed: the action applies. */
  "ready",
  /** Previewed: there is nothing to change. */
  "unchanged",
  /** The action can't be done; the message says why. */
  "refused",
  "unknown",
  "erased",
  "done",
  /** The customer has changed since the preview. Nothing was done. */
  "changed",
  /** The customer's object or Stripe did not answer, several times. */
  "failed",
] as const;
export type BulkRowState = (typeof bulkRowStates)[number];

/** The states that a new preview takes up again. */
export const previewableStates: readonly BulkRowState[] = ["changed", "failed", "pending"];

/** The actions that a job can undo: those that the ledger records as an operator's. */
export const undoableActions: readonly BulkActionType[] = ["grant", "revoke", "adjust"];

const jobId = formId("job");

/** Creates the job and previews it. `jobId` is chosen with the form: sending it twice creates one job. */
export const createBulkJob = operation({
  name: "bulk_job.create",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["bulk_job.create"],
  input: z.strictObject({
    jobId,
    subjectRefs: z.array(subjectRef).min(1, sizeMessage).max(maxBulkCustomers, sizeMessage),
    action: bulkActionSchema,
    ...actionReason,
  }),
  output: done<{ jobId: string }>(),
});

/** Creates a job that undoes what another job has done, and previews it. */
export const undoBulkJob = operation({
  name: "bulk_job.undo",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["bulk_job.undo"],
  input: z.strictObject({ jobId, undoes: objectId }),
  output: done<{ jobId: string }>(),
});

/** Previews the customers that changed or failed again, so that the operator may continue with them. */
export const previewBulkJobAgain = operation({
  name: "bulk_job.preview_again",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["bulk_job.preview_again"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});

/** Starts the job as previewed. `round` is the number of the preview that the operator saw. */
export const startBulkJob = operation({
  name: "bulk_job.start",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "live",
  audit: ["bulk_job.start"],
  input: z.strictObject({ jobId: objectId, round: z.int().min(0).max(1_000_000) }),
  output: done(),
});

/** What the job has done stays done. */
export const stopBulkJob = operation({
  name: "bulk_job.stop",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["bulk_job.stop"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});
