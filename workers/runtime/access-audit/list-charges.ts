import type Stripe from "stripe";
import { dataOf } from "../../../shared/db/databases.ts";
import { callStripe } from "../../../shared/stripe/client.ts";
import { parseLicenzyMetadata } from "../../../shared/stripe/licenzy-metadata.ts";
import { fromSeconds, getReferenceId } from "../../../shared/stripe/object-fields.ts";
import { findMappedSubjects } from "../db/access-audit-owners.ts";
import { readSeen } from "../db/access-audit-pages.ts";
import {
  type AuditPage,
  type ChargeItem,
  listAfter,
  readCustomerMetadata,
  readNames,
  toPage,
} from "./audit-page.ts";
import type { Walk } from "./walk.ts";

/**
 * Lists the charges that were refunded or disputed, and the direct payments: those that other software made without a
 * Checkout session and without an invoice. Leaves out charges of Stripe's older API, which have no payment intent to import.
 */
export async function listCharges(walk: Walk, auditId: string, cursor: string): Promise<AuditPage> {
  const stripe = await walk.context.stripe();
  const expand = ["data.payment_intent", ...(walk.mapping.source === "metadata" ? ["data.customer"] : [])];
  const list = await callStripe(stripe.charges.list({ ...listAfter(cursor), expand }));
  const page = toPage(list, (charge) => toItem(walk, charge));
  const charges = await addMappedNames(walk, page.items.filter(isCharge));
  const direct = await findDirect(walk, auditId, charges);
  const items = charges
    .map((charge) => ({ ...charge, isDirect: direct.has(charge.id) }))
    .filter(({ isReversed, isDirect }) => isReversed || isDirect);
  return { ...page, items };
}

const isCharge = (item: { type: string }): item is ChargeItem => item.type === "charge";

function toItem({ mapping }: Walk, charge: Stripe.Charge): ChargeItem[] {
  const paymentIntentId = getReferenceId(charge.payment_intent);
  if (!charge.paid || paymentIntentId === null) return [];
  const { id, customer, amount, currency, amount_refunded, disputed } = charge;
  const intent = typeof charge.payment_intent === "string" ? null : charge.payment_intent;
  const metadata = [intent?.metadata ?? {}, charge.metadata];
  return [
    {
      type: "charge",
      id,
      paymentIntentId,
      customerId: getReferenceId(customer),
      names: readNames(mapping.metadataKey, [...metadata, readCustomerMetadata(customer)]),
      priceIds: readPriceIds(metadata),
      at: fromSeconds(charge.created, "the time of the charge"),
      amount,
      currency,
      isReversed: amount_refunded > 0 || disputed,
      // With Licenzy's metadata, its session is compared.
      isDirect: metadata.every((each) => parseLicenzyMetadata(each) === null),
    },
  ];
}

/** Returns the values that are ids of prices, each once, under whichever key. */
export function readPriceIds(all: Record<string, string>[]): string[] {
  const values = all.flatMap((metadata) => Object.values(metadata).map((value) => value.trim()));
  return [...new Set(values.filter((value) => /^price_\w+$/.test(value)))];
}

async function addMappedNames({ context, mapping }: Walk, charges: ChargeItem[]): Promise<ChargeItem[]> {
  if (mapping.source !== "csv") return charges;
  const { env, connection } = context;
  const customerIds = charges.flatMap(({ customerId }) => customerId ?? []);
  const mapped = await findMappedSubjects(dataOf(env, connection), connection, customerIds);
  return charges.map((charge) => {
    const subjectRef = mapped.get(charge.customerId ?? "");
    return subjectRef === undefined ? charge : { ...charge, names: [subjectRef] };
  });
}

/** Returns the ids of the charges that no session and no invoice accounts for. */
async function findDirect(walk: Walk, auditId: string, charges: ChargeItem[]): Promise<Set<string>> {
  const named = charges.filter(
    ({ isDirect, names, priceIds }) => isDirect && names.length + priceIds.length > 0,
  );
  if (named.length === 0) return new Set();
  const { context, paidInvoices } = walk;
  // The sessions before have noted the payments of theirs.
  const seen = await readSeen(
    dataOf(context.env, context.connection),
    auditId,
    named.map(({ paymentIntentId }) => `object/${paymentIntentId}`),
  );
  const times = named.map(({ at }) => at / 1_000);
  await paidInvoices.readTill(await context.stripe(), {
    oldest: Math.min(...times),
    newest: Math.max(...times),
  });
  const direct = named.filter(
    ({ paymentIntentId }) => !seen.has(`object/${paymentIntentId}`) && !paidInvoices.has(paymentIntentId),
  );
  return new Set(direct.map(({ id }) => id));
}
