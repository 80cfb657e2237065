import type Stripe from "stripe";
import { findRelatedAtStripe } from "../../../../shared/contract/operations/customers.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { DependencyUnavailableError, withTimeout } from "../../../../shared/kit/timeout.ts";
import { callStripe, StripeReadError } from "../../../../shared/stripe/client.ts";
import { parseLicenzyMetadata } from "../../../../shared/stripe/licenzy-metadata.ts";
import { getReferenceId } from "../../../../shared/stripe/object-fields.ts";
import { implement } from "../implement.ts";
import { withStripe } from "../prices.ts";

/** An operator waits for the search. */
const timeoutMs = 6_000;

type Reference = string | { id: string } | null | undefined;

interface Related {
  references: Reference[];
  metadata?: Stripe.Metadata | null | undefined;
}

export const findRelated = implement(findRelatedAtStripe, ({ env, scope }, { stripeId }) =>
  withStripe(env, scope, async (stripe) => {
    const noObject = refusal("not_found", `Stripe has no ${stripeId} in ${scope.mode} mode.`);
    const read = readRelated(stripe, stripeId);
    if (read === null) return noObject;
    try {
      const { references, metadata } = await withTimeout("Stripe", timeoutMs, callStripe(read));
      const ids = [stripeId, ...references.map(getReferenceId)].filter((id) => id !== null);
      const ours = parseLicenzyMetadata(metadata);
      const isOurs = ours?.projectId === scope.projectId && ours.mode === scope.mode;
      return { outcome: "done", stripeIds: [...new Set(ids)], attemptId: isOurs ? ours.attemptId : null };
    } catch (error) {
      const cause = error instanceof DependencyUnavailableError ? error.cause : error;
      if (cause instanceof StripeReadError && cause.isMissing) return noObject;
      const why = cause instanceof Error ? cause.message : String(cause);
      return refusal("stripe", `Stripe did not return ${stripeId}. Try again in a minute. (${why})`);
    }
  }),
);

/** Reads the object with what it refers to; `null` for an id without an object to read. */
function readRelated(stripe: Stripe, id: string): Promise<Related> | null {
  const [prefix] = id.split("_");
  switch (prefix) {
    case "ch":
    case "py":
      return stripe.charges.retrieve(id).then(ofCharge);
    case "re":
    case "pyr":
      return stripe.refunds.retrieve(id, { expand: ["charge"] }).then(ofReversal);
    case "dp":
    case "du":
      return stripe.disputes.retrieve(id, { expand: ["charge"] }).then(ofReversal);
    case "pi":
      return stripe.paymentIntents.retrieve(id).then(({ latest_charge, customer, metadata }) => ({
        references: [latest_charge, customer],
        metadata,
      }));
    case "in":
      return stripe.invoices.retrieve(id).then(({ parent, customer, metadata }) => ({
        references: [parent?.subscription_details?.subscription, customer],
        metadata: parent?.subscription_details?.metadata ?? metadata,
      }));
    case "sub":
      return stripe.subscriptions.retrieve(id).then(({ customer, metadata }) => ({
        references: [customer],
        metadata,
      }));
    case "si":
      return stripe.subscriptionItems
        .retrieve(id)
        .then(({ subscription }) => ({ references: [subscription] }));
    case "cs":
      return stripe.checkout.sessions
        .retrieve(id)
        .then(({ payment_intent, subscription, customer, metadata }) => ({
          references: [payment_intent, subscription, customer],
          metadata,
        }));
    case "seti":
      return stripe.setupIntents.retrieve(id).then(({ customer, metadata }) => ({
        references: [customer],
        metadata,
      }));
    case "cus":
      return stripe.customers.retrieve(id).then(({ id: known }) => ({ references: [known] }));
    case "prod":
      return stripe.prices
        .list({ product: id, limit: 100 })
        .then(({ data }) => ({ references: data.map(({ id: price }) => price) }));
    case "evt":
      return stripe.events.retrieve(id).then(({ data }) => ofEventObject(data.object));
    default:
      return null;
  }
}

const ofCharge = ({ payment_intent, customer, metadata }: Stripe.Charge): Related => ({
  references: [payment_intent, customer],
  metadata,
});

/** A refund or dispute names its payment; the customer is the charge's. */
function ofReversal({ charge, payment_intent }: Stripe.Refund | Stripe.Dispute): Related {
  const customer = charge !== null && typeof charge === "object" ? charge.customer : null;
  return { references: [charge, payment_intent, customer] };
}

/** The objects that an event is about. Its object's fields depend on its type. */
function ofEventObject(object: object): Related {
  const fields = object as Record<
    "id" | "payment_intent" | "subscription" | "charge" | "customer",
    Reference
  >;
  const { id, payment_intent, subscription, charge, customer } = fields;
  return {
    references: [id, payment_intent, subscription, charge, customer],
    metadata: (object as { metadata?: Stripe.Metadata }).metadata,
  };
}
