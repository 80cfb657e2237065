import { buildList, buildMetadata } from "./subscription-json.ts";
import type { Invoice, Line, Subscription } from "./truth.ts";
import type { ApiShape, Json } from "./world.ts";

/** Returns the invoice as an event or a read shows it: with its first lines only. */
export function buildInvoice(invoice: Invoice, subscription: Subscription, shape: ApiShape): Json {
  const { checkout, id } = subscription;
  const metadata = checkout === null ? {} : buildMetadata(checkout.sessionId, checkout.productCode);
  const sum = invoice.lines.reduce((total, { amount, discount }) => total + amount - discount, 0);
  return {
    id: invoice.id,
    object: "invoice",
    customer: "cus_1",
    currency: invoice.currency,
    amount_due: invoice.amountDue,
    amount_paid: invoice.isPaidOutside ? 0 : invoice.amountPaid,
    total: sum,
    status: invoice.paidAt === null ? "open" : "paid",
    status_transitions: { paid_at: invoice.paidAt },
    lines: buildList(buildLines(invoice, subscription, shape)),
    ...(shape === "current"
      ? { parent: { type: "subscription_details", subscription_details: { subscription: id, metadata } } }
      : {
          subscription: id,
          subscription_details: { metadata },
          payment_intent: invoice.payments[0]?.id ?? null,
        }),
  };
}

/** Returns all lines of the invoice. */
export function buildLines(invoice: Invoice, subscription: Subscription, shape: ApiShape): Json[] {
  return invoice.lines.map((line) => ({
    id: line.id,
    object: "line_item",
    amount: line.amount,
    currency: invoice.currency,
    quantity: line.quantity,
    period: { start: line.start, end: line.end },
    discount_amounts: line.discount === 0 ? [] : [{ amount: line.discount, discount: "di_1" }],
    ...(shape === "current" ? buildCurrentLine(line, subscription) : buildOldLine(line, subscription)),
  }));
}

function buildCurrentLine(line: Line, { id }: Subscription): Json {
  const pricing = {
    type: "price_details",
    price_details: { price: line.price, product: getStripeProduct(line) },
  };
  if (line.itemId === null) {
    const details = { invoice_item: `ii_${line.id}`, proration: false, subscription: id };
    return {
      pricing,
      parent: {
        type: "invoice_item_details",
        invoice_item_details: details,
        subscription_item_details: null,
      },
    };
  }
  const details = {
    invoice_item: line.isProration ? `ii_${line.id}` : null,
    proration: line.isProration,
    subscription: id,
    subscription_item: line.itemId,
  };
  return {
    pricing,
    parent: {
      type: "subscription_item_details",
      invoice_item_details: null,
      subscription_item_details: details,
    },
  };
}

/** Before 2025 a proration had the type of a one-off line, and a subscription item. */
function buildOldLine(line: Line, { id }: Subscription): Json {
  const isInvoiceItem = line.isProration || line.itemId === null;
  return {
    type: isInvoiceItem ? "invoiceitem" : "subscription",
    ...(isInvoiceItem ? { invoice_item: `ii_${line.id}` } : {}),
    subscription: id,
    ...(line.itemId === null ? {} : { subscription_item: line.itemId }),
    price: { id: line.price, object: "price", product: getStripeProduct(line) },
    proration: line.isProration,
  };
}

const getStripeProduct = ({ price }: Line): string => price.replace("price_", "prod_");
