import type Stripe from "stripe";
import type { ConnectionOfProject } from "../../../shared/db/stripe-connections.ts";
import type { InboxRow } from "../../../shared/db/stripe-inbox.ts";
import { UnreadableObject } from "../../../shared/stripe/object-fields.ts";
import { readEvent, type Told } from "../../../shared/stripe/read-event.ts";
import type { RuntimeEnv } from "../env.ts";
import { applyInvoice } from "./apply-invoice.ts";
import { applyReversals } from "./apply-reversals.ts";
import { applySession } from "./apply-session.ts";
import { applySubscription } from "./apply-subscription.ts";
import { Erased, NotOurs } from "./find-owner.ts";
import { type Inbound, openInbound } from "./inbound.ts";
import type { Applied } from "./merge-facts.ts";
import { listRefunds } from "./read-from-stripe.ts";

/** How an event ended. `failed` is final at once; an error that may pass is thrown instead. */
export interface Settlement {
  status: "applied" | "ignored" | "failed";
  /** Why, where the status does not say. */
  detail: string | null;
  subjectRef: string | null;
  /** What it made in the subject's ledger, and where that ends; both only where the ledger was asked. */
  ledger?: { changes: number; sequence?: number };
  /** What is kept of the payload, where that is not all of it. */
  payload?: "";
}

/** Reads the event and does what it asks. Throws what may go better at another try. */
export async function applyEvent(
  env: RuntimeEnv,
  found: ConnectionOfProject,
  row: InboxRow,
  now: number,
): Promise<Settlement> {
  const event = JSON.parse(row.payload) as Stripe.Event;
  const { mode } = found.connection;
  if (event.livemode !== (mode === "live"))
    return failed(`the event says livemode ${event.livemode}, but the connection is for ${mode} mode`);
  const cause = { type: "stripe_event" as const, id: row.eventId, eventType: row.type };
  try {
    const applied = await applyTold(openInbound(env, found, cause, now), readEvent(event));
    if (applied === null) return ignored("type not handled");
    const { subjectRef, ...ledger } = applied;
    return ledger.changes === 0
      ? { status: "ignored", detail: "no change", subjectRef, ledger }
      : { status: "applied", detail: null, subjectRef, ledger };
  } catch (error) {
    if (error instanceof NotOurs) return ignored(error.message);
    if (error instanceof Erased) return { ...ignored("erased"), payload: "" };
    // Another try would read the same payload: an operator has to look, and can retry it when we read more.
    if (error instanceof UnreadableObject) return failed(error.message);
    throw error;
  }
}

const ignored = (detail: string): Settlement => ({ status: "ignored", detail, subjectRef: null });
const failed = (detail: string): Settlement => ({ status: "failed", detail, subjectRef: null });

/** `null` when nothing is done for events of this type. */
async function applyTold(inbound: Inbound, told: Told): Promise<Applied | null> {
  switch (told.type) {
    case "session":
      return applySession(inbound, told);
    case "subscription":
      return applySubscription(inbound, told);
    case "invoice":
      return applyInvoice(inbound, told);
    case "refund":
    case "dispute":
      return applyReversals(inbound, [told], told);
    case "charge_refunded": {
      const refunds = await listRefunds(await inbound.stripe(), { charge: told.chargeId });
      return applyReversals(inbound, refunds, told);
    }
    case "not_handled":
      return null;
  }
}
