import type { PocketStripe } from "../seed/pocket-stripe.ts";
import { hiddenFields, type PortalClient } from "../seed/portal-client.ts";
import type { Incident } from "./incidents.ts";
import { untilShown } from "./until-shown.ts";

/** Customers whom the company sold to before it used Licenzy: they are in Stripe, and an access audit finds them. */

const newPriceOf = async (stripe: PocketStripe, name: string): Promise<string> => {
  const product = await stripe.client.products.create({ name });
  const price = { product: product.id, unit_amount: 4_500, currency: "eur" };
  return (await stripe.client.prices.create({ ...price, recurring: { interval: "month" } })).id;
};

async function sell(
  stripe: PocketStripe,
  price: string,
  index: number,
  metadata: Record<string, string>,
): Promise<string> {
  const { id } = await stripe.client.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price, quantity: 1 }],
    success_url: "https://shop.example",
    metadata,
    subscription_data: { metadata },
  });
  await stripe.pay(id, { email: `subscriber${index}@example.com`, name: `Subscriber ${index}` });
  return (await stripe.session(id)).subscription ?? "";
}

/** `mapped` of them have the name that the app uses; the others have none, or a price that no product has. */
async function sellElsewhere(
  stripe: PocketStripe,
  price: string,
  { from, mapped, unmapped, unknown }: { from: number; mapped: number; unmapped: number; unknown: number },
): Promise<void> {
  for (let index = from; index < from + mapped; index++)
    await sell(stripe, price, index, { user_id: `legacy_${index}@northwind.example` });
  for (let index = 0; index < unmapped; index++) await sell(stripe, price, from + 500 + index, {});
  if (unknown === 0) return;
  const grandfathered = await newPriceOf(stripe, "Grandfathered plan");
  for (let index = 0; index < unknown; index++) {
    const number = from + 600 + index;
    await sell(stripe, grandfathered, number, { user_id: `legacy_${number}@northwind.example` });
  }
}

const progressOf = (label: string) => new RegExp(`</a> /(<!-- -->)?\\s*${label}`);

/** Runs an access audit to its end. Returns the path of its page. */
async function runAudit(portal: PortalClient, path: string): Promise<string> {
  const list = `${path}/access-audit`;
  const form = hiddenFields((await portal.get(list)).html, list);
  const { location } = await portal.submit(list, form);
  await untilShown(portal, location ?? "", progressOf("Finished"));
  return location ?? "";
}

/** Moves in: an early audit, with an import that waits after the first 20. */
export function moveIn(admin: PortalClient, path: string, stripe: PocketStripe, price: string): Incident[] {
  return [
    {
      day: 5,
      hour: 9,
      async run() {
        await sellElsewhere(stripe, price, { from: 1_000, mapped: 24, unmapped: 0, unknown: 0 });
        const settings = { source: "metadata", metadata_key: "user_id", daily_hour: "" };
        await admin.submit(`${path}/access-audit/settings`, settings);
        const audit = await runAudit(admin, path);
        await admin.submit(`${audit}/import`, { finding_id: "" });
        await untilShown(admin, audit, progressOf("Import on hold"));
      },
    },
  ];
}

/** Finds what is left, and what was sold since. */
export async function auditAgain(
  admin: PortalClient,
  path: string,
  stripe: PocketStripe,
  price: string,
): Promise<void> {
  await sellElsewhere(stripe, price, { from: 2_000, mapped: 27, unmapped: 6, unknown: 4 });
  await runAudit(admin, path);
}
