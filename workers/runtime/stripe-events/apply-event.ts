import type Stripe from "stripe";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";
import { type ParsedEvent, parseStripeEvent } from "../../../shared/stripe/parse-event.ts";
import type { ConnectionWithProject } from "../db/stripe-connections.ts";
import type { StripeEventRow } from "../db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyInvoice } from "./apply-invoice.ts";
import { applyReversals } from "./apply-refunds-and-disputes.ts";
import { applySession } from "./apply-session.ts";
import { applySubscription } from "./apply-subscription.ts";
import { type ConnectionContext, createConnectionContext } from "./connection-context.ts";
import { describeNoOwner, type UnlinkedPayment } from "./find-owner.ts";
import type { OtherSession } from "./find-session-owner.ts";
import type { ApplyResult } from "./merge-facts.ts";
import { listRefunds } from "./read-from-stripe.ts";

/** The final result of an event. A `failed` event is not retried; a transient error is thrown instead. */
export interface Settlement {
  status: "applied" | "ignored" | "failed";
  /** The reason, if the status alone does not explain it. */
  detail: string | null;
  subjectRef: string | null;
  /** The changes in the subject's ledger and its last sequence; absent if the subject was not called. */
  ledger?: { changes: number; sequence?: number };
  /** The payload to store in place of the received one. */
  payload?: "";
}

/** Parses the event and applies it. Throws errors that another attempt may not meet. */
export async function applyEvent(
  env: RuntimeEnv,
  found: ConnectionWithProject,
  row: StripeEventRow,
  now: number,
): Promise<Settlement> {
  const event = JSON.parse(row.payload) as Stripe.Event;
  const { mode, stripeAccountId } = found.connection;
  // A platform's endpoint may also get the events of the accounts that are connected to it. Stripe names the
  // account in these alone.
  if (event.account != null && event.account !== stripeAccountId) return ignored("another account's event");
  if (event.livemode !== (mode === "live"))
    return failed(`the event has livemode ${event.livemode}, but the connection is for ${mode} mode`);
  const cause = { type: "stripe_event" as const, id: row.eventId, eventType: row.type };
  try {
    const result = await applyParsedEvent(
      createConnectionContext(env, found, cause, now),
      parseStripeEvent(event),
    );
    return toSettlement(result);
  } catch (error) {
    // Another attempt would read the same payload. An operator can retry the event after a release that can
    // read it.
    if (error instanceof UnreadableObjectError) return failed(error.message);
    throw error;
  }
}

type EventResult =
  | ApplyResult
  | OtherSession
  | UnlinkedPayment
  | { outcome: "not_handled" }
  | { outcome: "invoice_part" };

function toSettlement(result: EventResult): Settlement {
  switch (result.outcome) {
    case "merged": {
      const { subjectRef, changes, sequence, flag = null } = result;
      const ledger = { changes, ...(sequence === undefined ? {} : { sequence }) };
      return changes === 0
        ? { status: "ignored", detail: flag ?? "no change", subjectRef, ledger }
        : { status: "applied", detail: flag, subjectRef, ledger };
    }
    case "foreign":
      return ignored(describeNoOwner(result));
    case "erased":
      return { ...ignored("erased"), payload: "" };
    case "not_handled":
      return ignored("type not handled");
    case "invoice_part":
      return ignored("invoice not paid in full");
    case "other_session":
      return failed(`not a sale: ${result.reason}`);
    case "unknown_attempt":
    case "unlinked_payment":
      // The attempt may still arrive in D1, or the invoice in Stripe, so the event is retried.
      throw new Error(`unroutable: ${describeNoOwner(result)}`);
  }
}

const ignored = (detail: string): Settlement => ({ status: "ignored", detail, subjectRef: null });
const failed = (detail: string): Settlement => ({ status: "failed", detail, subjectRef: null });

async function applyParsedEvent(context: ConnectionContext, event: ParsedEvent): Promise<EventResult> {
  switch (event.type) {
    case "session":
      return applySession(context, event);
    case "subscription":
      return applySubscription(context, event);
    case "invoice":
      return applyInvoice(context, event);
    case "refund":
    case "dispute":
      return applyReversals(context, [event], event);
    case "charge_refunded": {
      const refunds = await listRefunds(await context.stripe(), { charge: event.chargeId });
      return applyReversals(context, refunds, event);
    }
    case "not_handled":
    case "invoice_part":
      return { outcome: event.type };
  }
}
