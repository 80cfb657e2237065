import type { OperatorReply } from "../../../../shared/contract/operations/reply.ts";
import * as stripe from "../../../../shared/contract/operations/stripe.ts";
import {
  resumeStripeBackfill,
  stopStripeBackfill,
} from "../../../../shared/contract/operations/stripe-backfills.ts";
import type { Confirmation } from "../../auth/confirm-first.tsx";
import { renderRefusalPage } from "../../components/refusal-page.ts";
import { readStripeConnection } from "../../db/stripe-connection.ts";
import { callOperation, toHttpStatus, toRefusedForm } from "../../http/call-operation.ts";
import { redirectWith } from "../../http/flash.ts";
import { readField, readForm } from "../../http/form.ts";
import { buildPath, getOrigin, getScope, type PortalContext } from "../../request-context.ts";
import { renderStripePage } from "./page.tsx";

export const showStripe = (c: PortalContext) => renderStripePage(c);

export async function connectStripe(c: PortalContext) {
  const apiKey = readField(await readForm(c), "api_key");
  const reply = await callOperation(c, stripe.connectStripe, { apiKey });
  return showResult(
    c,
    reply,
    `Stripe is connected in ${c.get("mode")} mode. All required permissions are granted.`,
  );
}

/** Checks the permissions of the stored key at Stripe, and shows them. Changes nothing. */
export async function checkStripe(c: PortalContext) {
  const reply = await callOperation(c, stripe.checkStripe, {});
  if (reply.outcome === "done") return renderStripePage(c, { permissions: reply.permissions });
  return reply.reason === "stripe"
    ? renderStripePage(c, { error: reply.message, status: 502 })
    : renderRefusalPage(c, reply);
}

/** The first registration replaces nothing. */
export async function confirmRegistration(c: PortalContext): Promise<Confirmation | null> {
  const connection = await readStripeConnection(c.env.DB, getScope(c));
  if (connection === null || connection.webhookSetAt === null) return null;
  return {
    title: "Register the webhook again?",
    text: "Licenzy replaces the endpoint in your Stripe account and its signing secret. Events that are signed with the old secret are refused, and recovered from Stripe's event list.",
    button: "Register again",
    back: buildPath(c, "/stripe"),
  };
}

export async function registerWebhook(c: PortalContext) {
  const reply = await callOperation(c, stripe.registerWebhook, { origin: getOrigin(c) });
  return showResult(c, reply, "The webhook is registered. Stripe now sends events to Licenzy.");
}

export async function setWebhookSecret(c: PortalContext) {
  const secret = readField(await readForm(c), "webhook_secret");
  const reply = await callOperation(c, stripe.setWebhookSecret, { secret });
  return showResult(c, reply, "Signing secret saved. Send a test event from Stripe to check it.");
}

export async function stopBackfill(c: PortalContext) {
  const reply = await callOperation(c, stopStripeBackfill, { jobId: c.req.param("job") ?? "" });
  return showResult(c, reply, "Stopped. Customers that were read stay as they are.");
}

export async function resumeBackfill(c: PortalContext) {
  const reply = await callOperation(c, resumeStripeBackfill, { jobId: c.req.param("job") ?? "" });
  return showResult(c, reply, "Resumed. It continues within a minute.");
}

/** Redirects after success, or shows the refusal. The form is shown without the refused secret. */
function showResult(c: PortalContext, reply: OperatorReply, done: string) {
  if (reply.outcome === "done") return redirectWith(c, buildPath(c, "/stripe"), done);
  const status = toHttpStatus(reply);
  if (status !== 422 && status !== 409 && status !== 502) return renderRefusalPage(c, reply);
  return reply.field === undefined
    ? renderStripePage(c, { error: reply.message, status })
    : renderStripePage(c, { form: toRefusedForm({}, reply, { secret: "webhook_secret" }), status });
}
