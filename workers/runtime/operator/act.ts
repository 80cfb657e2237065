import {
  type OperatorCaller,
  type OperatorReply,
  type Place,
  type Refusal,
  refusal,
} from "../../../shared/contract/operator.ts";
import {
  actionReasons,
  type ManualCommand,
  type ManualForm,
  type ManualReply,
  manualFormSchema,
  type PreviewView,
} from "../../../shared/contract/support.ts";
import { auditRow } from "../../../shared/db/audit.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readProduct } from "../../../shared/db/products.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { canonicalJson } from "../../../shared/kit/canonical-json.ts";
import { sha256Hex } from "../../../shared/kit/hash.ts";
import type { RuntimeEnv } from "../env.ts";
import { accessView, changeView, decisionView } from "../subject/explain.ts";
import type { ManualPreview, ManualRequest } from "../subject/manual.ts";
import { callSubject } from "../subject-stub.ts";
import { manualRefusal } from "./action-words.ts";
import { openCustomer } from "./customer.ts";

const actionId = /^[A-Za-z0-9_-]{16,64}$/;

/** What the action would change, decided by the same rules that would write it. */
export async function previewAction(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  asked: { actionId: string; form: ManualForm },
): Promise<OperatorReply<{ preview: PreviewView }>> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  const { identity, now } = customer;
  const request = await requestOf(env, place, asked, now);
  if ("outcome" in request) return request;
  const found = await callSubject(env, identity, (subject) => subject.previewManual(identity, request));
  if (found.outcome === "refused") return manualRefusal(found);
  return { outcome: "done", preview: previewView(identity, found) };
}

/**
 * Acts as previewed. The entry, its idempotency record and its audit row are one commit in the object, so that an answer
 * that was lost is given again to the same form, and nothing is done twice.
 */
export async function applyAction(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
  { fingerprint, reason, text, ...asked }: ManualCommand,
): Promise<ManualReply> {
  const needs = { role: "support", proofInLive: true } as const;
  const customer = await openCustomer(env, caller, place, subjectRef, needs);
  if (customer.outcome === "refused") return customer;
  const { identity, actor, now } = customer;
  const said = reasonOf(reason, text);
  if (typeof said !== "string") return said;
  const request = await requestOf(env, place, asked, now);
  if ("outcome" in request) return request;
  const audit = auditRow({
    actor,
    at: now,
    action: `customer.${asked.form.type}`,
    target: subjectRef,
    ...place,
    after: { ...asked.form, reason: said },
  });
  const result = await callSubject(env, identity, (subject) =>
    subject.applyManual(identity, {
      ...request,
      fingerprint,
      actor: { operatorId: actor.operatorId, name: actor.name },
      reason: said,
      audit: JSON.stringify(audit),
    }),
  );
  switch (result.outcome) {
    case "applied":
      return { outcome: "done", sequence: result.sequence, repeated: result.repeated };
    case "preview_outdated":
      return { outcome: "moved", preview: previewView(identity, result.preview) };
    case "already_submitted":
      return refusal("conflict", "This form was sent before with other values. Open the action anew.");
    case "refused":
      return manualRefusal(result);
  }
}

/** The reason as the ledger keeps it, `<choice>: <text>`; or what is wrong with it. */
export function reasonOf(reason: string, text: string): string | Refusal {
  if (!actionReasons.some((known) => known === reason))
    return refusal("invalid", "Choose why you do this.", "reason");
  const words = text.trim();
  if (words.length === 0 || words.length > 500)
    return refusal("invalid", "Say why in a few words, at most 500 characters.", "text");
  return `${reason}: ${words}`;
}

/** The form as the object takes it: a grant gets from the product what the form leaves open. */
async function requestOf(
  env: RuntimeEnv,
  place: Place,
  asked: { actionId: string; form: ManualForm },
  now: number,
): Promise<ManualRequest | Refusal> {
  const parsed = manualFormSchema.safeParse(asked.form);
  if (!parsed.success || !actionId.test(asked.actionId)) {
    const issue = parsed.error?.issues[0];
    const field = issue?.path[0];
    const what = issue === undefined ? "the form's id is malformed" : issue.message;
    return refusal("invalid", `This can't be done: ${what}.`, typeof field === "string" ? field : undefined);
  }
  const form = parsed.data;
  const request = { actionId: asked.actionId, requestHash: sha256Hex(canonicalJson(form)) };
  if (form.type !== "grant") return { ...request, action: form };
  const found = await d1(readProduct(env.DB, place, form.productCode));
  if (found === null)
    return refusal("not_found", `There is no product ${form.productCode} in ${place.mode} mode.`, "product");
  const { product } = found;
  const { kind } = product;
  const isPack = kind === "usage_pack";
  const soldUntil = product.expiresAfterDays === null ? null : now + product.expiresAfterDays * dayMs;
  return {
    ...request,
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

function previewView(identity: SubjectIdentity, preview: ManualPreview): PreviewView {
  const { fingerprint, before, after, at, changes, events } = preview;
  return {
    fingerprint,
    before: decisionView(identity, before, preview),
    after: accessView(after),
    changes: changes.map((change) => changeView(change, at)),
    events: events.map(({ type, data }) => ({ type, productCode: data.product_code })),
  };
}
