import { type OutboundEventType, outboundEventTypes } from "../../shared/contract/outbound-event.ts";
import type { PocketStripe } from "../seed/pocket-stripe.ts";
import { hiddenField, type PortalClient, sentencesOf } from "../seed/portal-client.ts";
import { inviteOperator } from "../seed/set-up-demo.ts";
import { controlReceiver } from "../seed/webhooks.ts";

/** Adds products of each kind, one of them archived. Returns their Stripe prices by code. */
export async function addProducts(
  owner: PortalClient,
  path: string,
  stripe: PocketStripe,
): Promise<Record<string, string>> {
  const newPrice = async (name: string, unit_amount: number, interval?: "week" | "month") => {
    const product = await stripe.client.products.create({ name });
    const recurring = interval === undefined ? {} : { recurring: { interval } };
    const price = { product: product.id, unit_amount, currency: "eur", ...recurring };
    return (await stripe.client.prices.create(price)).id;
  };
  const products = [
    {
      product_code: "TEAM_WEEKLY",
      name: "Team, weekly",
      kind: "subscription",
      cents: 1_200,
      interval: "week",
    },
    {
      product_code: "BUSINESS_MONTHLY",
      name: "Business",
      kind: "subscription",
      cents: 9_900,
      interval: "month",
    },
    { product_code: "WEEK_PASS", name: "Week pass", kind: "time_pass", cents: 1_900, duration_days: "7" },
    {
      product_code: "CREDITS_100",
      name: "100 credits, for two weeks",
      kind: "usage_pack",
      cents: 900,
      units: "100",
      expires_after_days: "14",
    },
    {
      product_code: "LAUNCH_OFFER_2025_FOR_THE_FIRST_HUNDRED_CUSTOMERS",
      name: "Launch offer for the first hundred customers, with <5,000> credits & no expiry",
      kind: "usage_pack",
      cents: 14_900,
      units: "5000",
    },
  ] as const;
  const prices: Record<string, string> = {};
  for (const { cents, ...product } of products) {
    const interval = "interval" in product ? product.interval : undefined;
    const price = await newPrice(product.name, cents, interval);
    prices[product.product_code] = price;
    await owner.submit(`${path}/products`, { ...product, price });
  }
  await owner.submit(`${path}/products/LAUNCH_OFFER_2025_FOR_THE_FIRST_HUNDRED_CUSTOMERS/archive`);
  return prices;
}

/** Adds keys: one that expires, one that was rotated and one that was revoked. */
export async function addKeys(owner: PortalClient, path: string): Promise<void> {
  const create = async (name: string, expires: string) => {
    const key_id = hiddenField((await owner.get(`${path}/keys`)).html, "key_id");
    await owner.submit(`${path}/keys`, { key_id, name, expires });
    return key_id;
  };
  await create("Nightly importer", "30");
  const leaked = await create("Laptop of the intern, do not use", "");
  await owner.submit(`${path}/keys/${leaked}/revoke`);
  const worker = await create("Queue worker", "");
  const rotate = `${path}/keys/${worker}/rotate`;
  const new_key_id = hiddenField((await owner.get(rotate)).html, "new_key_id");
  await owner.submit(rotate, { new_key_id, overlap: "24" });
}

/** Adds operators. Returns the portals of the two who do more than read. */
export async function addOperators(owner: PortalClient): Promise<PortalClient[]> {
  const people = [
    { role: "admin", name: "Amir Admin", email: "admin@demo.example" },
    { role: "support", name: "Kenji Müller-Lüdenscheidt", email: "kenji@demo.example" },
    { role: "viewer", name: "مها المحاسبة", email: "accounting@demo.example" },
  ] as const;
  const invited = [];
  for (const person of people) invited.push(await inviteOperator(owner, person));
  return invited.slice(0, 2).map(({ portal }) => portal);
}

/** Adds an invitation that waits. It ends after some days, so it comes last. */
export async function inviteColleague(owner: PortalClient): Promise<void> {
  const invitation_id = hiddenField((await owner.get("/team")).html, "invitation_id");
  await owner.submit("/team/invitations", { invitation_id, email: "new@demo.example", role: "support" });
}

export interface DemoEndpoint {
  endpointId: string;
  url: string;
}

/** Adds an endpoint at a sample receiver, which verifies with the endpoint's secret. */
export async function addEndpoint(
  owner: PortalClient,
  path: string,
  { name, description, types }: { name: string; description: string; types: readonly OutboundEventType[] },
): Promise<DemoEndpoint> {
  const url = `${owner.origin}/receiver/${name}`;
  const endpointId = hiddenField((await owner.get(`${path}/webhooks/new`)).html, "endpoint_id");
  const chosen = outboundEventTypes.filter((type) => types.includes(type));
  const { html } = await owner.submit(`${path}/webhooks`, {
    endpoint_id: endpointId,
    url,
    description,
    ...Object.fromEntries(chosen.map((type) => [`event_types_${type}`, "on"])),
  });
  const secret = /id="signing-secret">(whsec_[^<]+)</.exec(html)?.[1];
  if (secret === undefined) throw new Error(`No signing secret: ${sentencesOf(html)}`);
  await controlReceiver(url, "secret", { secret });
  return { endpointId, url };
}
