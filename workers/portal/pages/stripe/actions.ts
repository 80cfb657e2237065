import type { OperatorReply } from "../../../../shared/contract/operations/reply.ts";
import * as stripe from "../../../../shared/contract/operations/stripe.ts";
import { refusalPage } from "../../components/refusal-page.ts";
import { redirectWith } from "../../http/flash.ts";
import { field, readForm } from "../../http/form.ts";
import { callOperation, refusedForm, statusOf } from "../../http/outcome.ts";
import { originOf, type PortalContext, pathTo } from "../../request-context.ts";
import { stripePage } from "./page.tsx";

export const showStripe = (c: PortalContext) => stripePage(c);

export async function connectStripe(c: PortalContext) {
  const apiKey = field(await readForm(c), "api_key");
  const reply = await callOperation(c, stripe.connectStripe, { apiKey });
  return showResult(
    c,
    reply,
    `Stripe is connected in ${c.get("mode")} mode, and the key may do all that we need.`,
  );
}

/** Checks the permissions of the stored key at Stripe, and shows them. Changes nothing. */
export async function checkStripe(c: PortalContext) {
  const reply = await callOperation(c, stripe.checkStripe, {});
  if (reply.outcome === "done") return stripePage(c, { permissions: reply.permissions });
  return reply.reason === "stripe"
    ? stripePage(c, { error: reply.message, status: 502 })
    : refusalPage(c, reply);
}

export async function registerWebhook(c: PortalContext) {
  const reply = await callOperation(c, stripe.registerWebhook, { origin: originOf(c) });
  return showResult(c, reply, "The webhook is registered: Stripe's events now come here.");
}

export async function setWebhookSecret(c: PortalContext) {
  const secret = field(await readForm(c), "webhook_secret");
  const reply = await callOperation(c, stripe.setWebhookSecret, { secret });
  return showResult(c, reply, "The signing secret is saved. Send a test event from Stripe to see it arrive.");
}

/** Redirects after success, or shows the refusal. The form is shown without the refused secret. */
function showResult(c: PortalContext, reply: OperatorReply, done: string) {
  if (reply.outcome === "done") return redirectWith(c, pathTo(c, "/stripe"), done);
  const status = statusOf(reply);
  if (status !== 422 && status !== 409 && status !== 502) return refusalPage(c, reply);
  return reply.field === undefined
    ? stripePage(c, { error: reply.message, status })
    : stripePage(c, { form: refusedForm({}, reply, { secret: "webhook_secret" }), status });
}
