import {
  type OperatorCaller,
  type OperatorReply,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import type { EraseCommand, ErasePreview } from "../../../shared/contract/records.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { countRecords } from "../../../shared/db/erase-preview.ts";
import { insertErasure, isErased, subjectHash } from "../../../shared/db/erasures.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import type { RuntimeEnv } from "../env.ts";
import { accessView } from "../subject/explain.ts";
import { callSubject } from "../subject-stub.ts";
import { reasonOf } from "./act.ts";
import { openCustomer } from "./customer.ts";
import { finishErasure } from "./finish-erasure.ts";
import { erasedRefusal } from "./refusal.ts";

const erasureIdForm = /^ers_[0-9a-z]{26}$/;
const needs = { role: "owner", proofAlways: true } as const;

export async function previewErase(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
): Promise<OperatorReply<{ preview: ErasePreview }>> {
  // Looking needs no proof: it is asked for when the form is sent.
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "owner" });
  if (customer.outcome === "refused") return customer;
  const { identity, now } = customer;
  if (await d1(isErased(env.DB, identity))) return erasedRefusal();
  const [counts, { decision, entitlements, sequence }] = await Promise.all([
    d1(countRecords(env.DB, identity, now)),
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
      access: accessView(decision),
      entitlements: entitlements.length,
      entries: sequence,
      openSubscriptions,
      ...counts,
    },
  };
}

/**
 * Promises to erase the customer, in D1 and in one transaction with the audit row, and then does it. What is promised is
 * kept whatever happens now: the minute's sweep goes on with it.
 */
export async function eraseCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  { erasureId, confirmation, reason, text }: EraseCommand,
): Promise<OperatorReply<{ state: "running" | "done" }>> {
  const customer = await openCustomer(env, caller, place, subjectRef, needs);
  if (customer.outcome === "refused") return customer;
  const { identity, actor, now } = customer;
  if (!erasureIdForm.test(erasureId)) return refusal("invalid", "The form is damaged. Open the page anew.");
  if (confirmation !== subjectRef)
    return refusal("invalid", "Type the subject_ref exactly as it stands above.", "confirmation");
  const said = reasonOf(reason, text);
  if (typeof said !== "string") return said;
  if (said.includes(subjectRef))
    return refusal("invalid", "Don't name the customer here: what you write stays in the audit log.", "text");
  const { operatorId, name: operatorName } = actor;
  const target = subjectHash(identity);
  const after = { erasureId, reason: said };
  const audit: AuditEntry = { actor, at: now, action: "customer.erase", target, ...place, after };
  const row = await d1(insertErasure(env.DB, { ...identity, erasureId, operatorId, operatorName }, audit));
  if (row === null)
    return refusal("conflict", "This form was used for another customer. Open the page anew.");
  try {
    return { outcome: "done", state: (await finishErasure(env, row)) ? "done" : "running" };
  } catch (error) {
    const { projectId, mode } = identity;
    const tag = subjectTag(subjectName(identity));
    log("error", "erasure.not_finished", { projectId, mode, subjectTag: tag, error: errorMessage(error) });
    return { outcome: "done", state: "running" };
  }
}
