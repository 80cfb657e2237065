import { assignAlert, finishAlert, snoozeAlert } from "../../../../shared/contract/operations/alerts.ts";
import type { OperatorReply } from "../../../../shared/contract/operations/reply.ts";
import { parseWholeNumber } from "../../../../shared/contract/whole-number.ts";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { inboxViews } from "../../db/alerts.ts";
import { callOperation } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm, readVersion } from "../../http/form.ts";
import { buildPath, type Form, type PortalContext } from "../../request-context.ts";

const hourMs = 3_600_000;

export async function assign(c: PortalContext) {
  const form = await readForm(c);
  const operatorId = readField(form, "operator_id") || null;
  const reply = await callOperation(c, assignAlert, { ...readTarget(c, form), operatorId });
  return answer(c, form, reply, operatorId === null ? "Assignment removed." : "Alert assigned.");
}

export async function snooze(c: PortalContext) {
  const form = await readForm(c);
  const hours = parseWholeNumber(readField(form, "hours"));
  const until = hours === 0 ? null : c.get("now") + hours * hourMs;
  const reply = await callOperation(c, snoozeAlert, { ...readTarget(c, form), until });
  return answer(c, form, reply, until === null ? "Snooze ended." : "Alert snoozed.");
}

export async function finish(c: PortalContext) {
  const form = await readForm(c);
  const reply = await callOperation(c, finishAlert, readTarget(c, form));
  return answer(c, form, reply, "Alert marked done.");
}

const readTarget = (c: PortalContext, form: Form) => ({
  alertId: c.req.param("alert") ?? "",
  version: readVersion(form),
});

/** Returns to the view of the form. There, the loser of two operators reads who did what. */
function answer(c: PortalContext, form: Form, reply: OperatorReply, text: string) {
  if (reply.outcome === "refused" && reply.reason !== "conflict" && reply.reason !== "invalid")
    return renderRefusalPage(c, reply);
  const view = inboxViews.find((candidate) => candidate === readField(form, "view")) ?? "open";
  const path = buildPath(c, view === "open" ? "/inbox" : `/inbox?view=${view}`);
  return reply.outcome === "refused"
    ? redirectWith(c, path, reply.message, "bad")
    : redirectWith(c, path, text);
}
