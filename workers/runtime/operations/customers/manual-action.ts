import type { PreviewView } from "../../../../shared/contract/operations/customer-views.ts";
import { applyAction, previewAction } from "../../../../shared/contract/operations/customers.ts";
import type { ManualActionInput } from "../../../../shared/contract/operations/manual-action.ts";
import { type Refusal, refusal } from "../../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../../shared/contract/scope.ts";
import { buildAuditRow } from "../../../../shared/db/audit.ts";
import { readProduct } from "../../../../shared/db/products.ts";
import { readSignalSettings } from "../../../../shared/db/signal-settings.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { canonicalJson } from "../../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../../shared/kit/hash.ts";
import type { RuntimeEnv } from "../../env.ts";
import type {
  ManualActionPreview,
  ManualActionRequest,
} from "../../subject/operator-actions/manual-action.ts";
import { toAccessView, toChangeView, toDecisionView } from "../../subject/views/explain.ts";
import { callSubject } from "../../subject-stub.ts";
import { implementForCustomer } from "../implement.ts";
import { ledgerReason } from "./ledger-reason.ts";
import { manualRefusal } from "./manual-refusal.ts";

/** Returns what the action would change, decided by the rules that would write it. */
export const preview = implementForCustomer(previewAction, async ({ env, scope, identity, now }, action) => {
  const request = await toRequest(env, scope, action, now);
  if ("outcome" in request) return request;
  const found = await callSubject(env, identity, (subject) => subject.previewManual(identity, request));
  if (found.outcome === "refused") return manualRefusal(found);
  return { outcome: "done", preview: previewView(identity, found) };
});

/**
 * Applies the action as previewed. Ledger entry, idempotency record and audit row are one commit in the object: the same
 * form gets the same reply again, and nothing is applied twice.
 */
export const apply = implementForCustomer(
  applyAction,
  async (
    { env, scope, identity, actor, now, audit },
    { subjectRef, fingerprint, reason, text, ...action },
  ) => {
    const request = await toRequest(env, scope, action, now);
    if ("outcome" in request) return request;
    const { form } = action;
    const actionReason = ledgerReason({ reason, text });
    const entry = audit({
      action: `customer.${form.type}`,
      target: subjectRef,
      after: { ...form, reason: actionReason },
    });
    const result = await callSubject(env, identity, (subject) =>
      subject.applyManual(identity, {
        ...request,
        fingerprint,
        actor: { operatorId: actor.operatorId, name: actor.name },
        reason: actionReason,
        audit: JSON.stringify(buildAuditRow(entry)),
      }),
    );
    switch (result.outcome) {
      case "applied":
        return { outcome: "done", sequence: result.sequence, repeated: result.repeated };
      case "preview_outdated":
        return { outcome: "preview_outdated", preview: previewView(identity, result.preview) };
      case "already_submitted":
        return refusal(
          "conflict",
          "This form was already submitted with different values. Reopen the action.",
        );
      case "refused":
        return manualRefusal(result);
    }
  },
);

/** Converts the form to the object's request: a grant takes from the product what the form leaves open. */
async function toRequest(
  env: RuntimeEnv,
  scope: Scope,
  { actionId, form }: { actionId: string; form: ManualActionInput },
  now: number,
): Promise<ManualActionRequest | Refusal> {
  const request = { actionId, requestHash: sha256Hex(canonicalJson(form)) };
  if (form.type !== "grant") return { ...request, action: form };
  const [found, signals] = await Promise.all([
    readProduct(env.DB, scope, form.productCode),
    readSignalSettings(env.DB, scope),
  ]);
  if (found === null)
    return refusal("not_found", `No product '${form.productCode}' in ${scope.mode} mode.`, "productCode");
  const { product } = found;
  const { kind } = product;
  const isPack = kind === "usage_pack";
  const soldUntil = product.expiresAfterDays === null ? null : now + product.expiresAfterDays * dayMs;
  return {
    ...request,
    signals,
    action: {
      type: "grant",
      productCode: form.productCode,
      kind,
      units: isPack ? (form.units ?? product.units) : null,
      durationDays: kind === "time_pass" ? (form.durationDays ?? product.durationDays) : null,
      // A pass ends by its duration and its place in the queue.
      expiresAt: kind === "time_pass" ? null : (form.expiresAt ?? (isPack ? soldUntil : null)),
    },
  };
}

function previewView(identity: SubjectIdentity, preview: ManualActionPreview): PreviewView {
  const { fingerprint, exactFingerprint, before, after, at, changes, subscriptions, events } = preview;
  return {
    fingerprint,
    exactFingerprint,
    before: toDecisionView(identity, before, preview),
    after: toAccessView(after),
    changes: changes.map((change) => toChangeView(change, subscriptions, at)),
    events: events.map(({ type, data }) => ({ type, productCode: data.product_code })),
  };
}
