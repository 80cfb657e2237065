import * as customers from "../../../../../shared/contract/operations/customers.ts";
import { renderErrorPage } from "../../../components/error-page.tsx";
import { callOperation } from "../../../http/call-operation.ts";
import { redirectWith } from "../../../http/flash.ts";
import { readField, readForm } from "../../../http/form.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { renderActionPage, renderRefusedActionPage } from "./form.tsx";
import { parseActionName, parseManualAction, parseReason } from "./parse-form.ts";
import { renderPreviewPage } from "./preview.tsx";
import { applySync, previewSync } from "./sync.tsx";

const unknownAction = (c: PortalContext) =>
  renderErrorPage(c, 404, "Unknown action", "Open it from the customer's page.");

export async function showAction(c: PortalContext) {
  const name = parseActionName(c.req.param("action"));
  return name === null ? unknownAction(c) : renderActionPage(c, name, { values: c.req.query(), errors: {} });
}

export async function previewAction(c: PortalContext) {
  const name = parseActionName(c.req.param("action"));
  if (name === null) return unknownAction(c);
  const form = await readForm(c);
  const reason = parseReason(form);
  if (name === "sync")
    return "errors" in reason
      ? renderActionPage(c, name, { values: form, ...reason }, 422)
      : previewSync(c, form);
  const input = parseManualAction(name, form);
  if ("errors" in reason || "errors" in input) {
    const errors = {
      ...("errors" in input ? input.errors : {}),
      ...("errors" in reason ? reason.errors : {}),
    };
    return renderActionPage(c, name, { values: form, errors }, 422);
  }
  const action = { actionId: readField(form, "action_id"), form: input };
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, customers.previewAction, { subjectRef, ...action });
  if (reply.outcome === "done") return renderPreviewPage(c, name, form, reply.preview);
  return renderRefusedActionPage(c, name, form, reply);
}

/** Applies the previewed action. A form that is sent twice gets the same response twice. */
export async function applyAction(c: PortalContext) {
  const name = parseActionName(c.req.param("action"));
  if (name === null) return unknownAction(c);
  const form = await readForm(c);
  const reason = parseReason(form);
  if ("errors" in reason) return renderActionPage(c, name, { values: form, ...reason }, 422);
  if (name === "sync") return applySync(c, form, reason);
  const input = parseManualAction(name, form);
  if ("errors" in input) return renderActionPage(c, name, { values: form, ...input }, 422);
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, customers.applyAction, {
    subjectRef,
    actionId: readField(form, "action_id"),
    fingerprint: form["fingerprint"] ?? "",
    form: input,
    ...reason,
  });
  switch (reply.outcome) {
    case "refused":
      return renderRefusedActionPage(c, name, form, reply);
    case "preview_outdated":
      return renderPreviewPage(c, name, form, reply.preview, true);
    case "done": {
      const path = `${buildCustomerPath(c, subjectRef)}?done=${reply.sequence}`;
      return reply.repeated
        ? redirectWith(c, path, `Already applied (#${reply.sequence}).`)
        : c.redirect(path, 303);
    }
  }
}
