import * as customers from "../../../../shared/contract/operations/customers.ts";
import { errorPage } from "../../components/error-page.tsx";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { callOperation } from "../../http/outcome.ts";
import { customerPath, type PortalContext } from "../../request-context.ts";
import { actionOf, readManualForm, readWhy } from "./action-form.ts";
import { actionPage, refusedActionPage } from "./form.tsx";
import { previewPage } from "./preview.tsx";
import { applySync, previewSync } from "./sync.tsx";

const unknownAction = (c: PortalContext) =>
  errorPage(c, 404, "There is no such action", "Open it anew from the customer's page.");

export async function showAction(c: PortalContext) {
  const name = actionOf(c.req.param("action"));
  return name === null ? unknownAction(c) : actionPage(c, name, { values: c.req.query(), errors: {} });
}

export async function previewAction(c: PortalContext) {
  const name = actionOf(c.req.param("action"));
  if (name === null) return unknownAction(c);
  const form = await readForm(c);
  const reason = readWhy(form);
  if (name === "sync")
    return "errors" in reason ? actionPage(c, name, { values: form, ...reason }, 422) : previewSync(c, form);
  const input = readManualForm(name, form);
  if ("errors" in reason || "errors" in input) {
    const errors = {
      ...("errors" in input ? input.errors : {}),
      ...("errors" in reason ? reason.errors : {}),
    };
    return actionPage(c, name, { values: form, errors }, 422);
  }
  const action = { actionId: field(form, "action_id"), form: input };
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, customers.previewAction, { subjectRef, ...action });
  if (reply.outcome === "done") return previewPage(c, name, form, reply.preview);
  return refusedActionPage(c, name, form, reply);
}

/** Applies the previewed action. A form that is sent twice gets the same response twice. */
export async function applyAction(c: PortalContext) {
  const name = actionOf(c.req.param("action"));
  if (name === null) return unknownAction(c);
  const form = await readForm(c);
  const reason = readWhy(form);
  if ("errors" in reason) return actionPage(c, name, { values: form, ...reason }, 422);
  if (name === "sync") return applySync(c, form, reason);
  const input = readManualForm(name, form);
  if ("errors" in input) return actionPage(c, name, { values: form, ...input }, 422);
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, customers.applyAction, {
    subjectRef,
    actionId: field(form, "action_id"),
    fingerprint: form["fingerprint"] ?? "",
    form: input,
    ...reason,
  });
  switch (reply.outcome) {
    case "refused":
      return refusedActionPage(c, name, form, reply);
    case "moved":
      return previewPage(c, name, form, reply.preview, true);
    case "done": {
      const path = `${customerPath(c, subjectRef)}#entry-${reply.sequence}`;
      const text = reply.repeated
        ? `This was done already, by entry ${reply.sequence}: it was not done twice.`
        : `Done, and in effect: entry ${reply.sequence}.`;
      return redirectWith(c, path, text);
    }
  }
}
