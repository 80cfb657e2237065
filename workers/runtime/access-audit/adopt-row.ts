import type { ImportRow } from "../../../shared/db/tables/access-audits.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { recordImportedCustomer } from "../db/access-audit-imports.ts";
import type { AuditAtWork } from "../db/access-audit-leases.ts";
import { type AdoptionTarget, adoptObject } from "../stripe-events/adopt-object.ts";
import { describeNoOwner } from "../stripe-events/find-owner.ts";
import { isFinal, isLasting } from "./is-lasting.ts";
import type { Walk } from "./walk.ts";

/** What a purchase's import has come to, with a sentence for the operator. */
export interface ImportResult {
  state: "done" | "failed";
  message: string;
}

/** Makes a purchase its customer's. Safe to repeat. Throws when Stripe does not answer. */
export async function adoptRow(walk: Walk, audit: AuditAtWork, row: ImportRow): Promise<ImportResult> {
  const { env, now } = walk.context;
  // Write the audit row first; a crash after the merge would otherwise leave it unattributed.
  await recordImportedCustomer(env.DB, audit, row, now);
  try {
    const result = await adoptObject(walk.context, row.subjectRef, toTarget(row));
    return result.outcome === "merged"
      ? { state: "done", message: countChanges(result.changes) }
      : { state: "failed", message: describeNoOwner(result) };
  } catch (error) {
    if (!isLasting(error, audit)) throw error;
    const cause = errorMessage(error);
    const message = isFinal(error) ? cause : "Licenzy could not write the customer's data. Import it again.";
    return failImport(walk, audit, row, message, cause);
  }
}

/** Logs the failure, with its cause. */
export function failImport(
  { context: { connection } }: Walk,
  { auditId }: AuditAtWork,
  { subjectRef }: ImportRow,
  message: string,
  cause = message,
): ImportResult {
  const tag = subjectTag(subjectName({ ...connection, subjectRef }));
  log("warn", "access_audit.import_failed", { jobId: auditId, subjectTag: tag, error: cause });
  return { state: "failed", message };
}

const toTarget = ({ stripeId, productCode }: ImportRow): AdoptionTarget =>
  productCode === null ? { subscriptionId: stripeId } : { paymentIntentId: stripeId, productCode };

const countChanges = (changes: number): string =>
  changes === 1 ? "1 change applied" : `${changes} changes applied`;
