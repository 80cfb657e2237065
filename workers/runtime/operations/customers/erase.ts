import { eraseCustomer, previewErase } from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { dataOf } from "../../../../shared/db/databases.ts";
import { hashSubjectName } from "../../../../shared/db/erasures.ts";
import { subjectName } from "../../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../../shared/kit/log.ts";
import { subjectTag } from "../../../../shared/kit/subject-tag.ts";
import { countCustomerRecords, insertErasure, isErased } from "../../db/erasures.ts";
import { finishErasure } from "../../jobs/finish-erasure.ts";
import { toAccessView } from "../../subject/views/explain.ts";
import { callSubject } from "../../subject-stub.ts";
import { implementForCustomer } from "../implement.ts";
import { erasedRefusal } from "../refusals.ts";
import { ledgerReason } from "./ledger-reason.ts";

export const preview = implementForCustomer(previewErase, async ({ env, identity, now }) => {
  if (await isErased(dataOf(env, identity), identity)) return erasedRefusal();
  const [counts, { decision, entitlements, sequence }] = await Promise.all([
    countCustomerRecords(dataOf(env, identity), identity, now),
    callSubject(env, identity, (subject) => subject.read()),
  ]);
  const openSubscriptions = entitlements.flatMap(({ kind, status, source, purchase, productCode }) =>
    kind === "subscription" && source === "stripe" && status !== "canceled"
      ? [purchase?.subscriptionId ?? productCode]
      : [],
  );
  return {
    outcome: "done",
    preview: {
      access: toAccessView(decision),
      entitlements: entitlements.length,
      entries: sequence,
      openSubscriptions,
      ...counts,
    },
  };
});

/**
 * Commits the request to erase, in one D1 transaction with the audit row, and then erases. Once the request is committed
 * the erasure finishes in any case: the sweep of each minute continues it.
 */
export const erase = implementForCustomer(
  eraseCustomer,
  async ({ env, identity, actor, audit }, { subjectRef, erasureId, confirmation, ...actionReason }) => {
    if (confirmation !== subjectRef)
      return refusal("invalid", "Type the subject_ref exactly as shown above.", "confirmation");
    if (ledgerReason(actionReason).includes(subjectRef))
      return refusal("invalid", "Don't name the customer here. The note stays in the audit log.", "text");
    const { operatorId, name: operatorName } = actor;
    const after = { erasureId, reason: ledgerReason(actionReason) };
    const entry = audit({ target: hashSubjectName(identity), after });
    const erasure = { ...identity, erasureId, operatorId, operatorName };
    const row = await insertErasure(dataOf(env, erasure), erasure, entry);
    if (row === null)
      return refusal("conflict", "This form was submitted for another customer. Reload the page.");
    let state: "done" | "running" = "running";
    try {
      if (await finishErasure(env, row)) state = "done";
    } catch (error) {
      const { projectId, mode } = identity;
      const tag = subjectTag(subjectName(identity));
      log("error", "erasure.not_finished", { projectId, mode, subjectTag: tag, error: errorMessage(error) });
    }
    return { outcome: "done", state };
  },
);
