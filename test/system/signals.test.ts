import { afterEach, expect, it } from "vitest";
import { outboundEventSchema } from "../../shared/contract/outbound-event.ts";
import { eventually } from "../eventually.ts";
import { readFormFields, toText } from "./forms.ts";
import { newOperator } from "./operators.ts";
import { newReceiver, type ScriptedReceiver, WebhookOperations } from "./receiver.ts";
import { advanceClock } from "./stripe-world.ts";
import { buy, newWorld } from "./world.ts";

const daySeconds = 86_400;
const open: ScriptedReceiver[] = [];
async function receiver(): Promise<ScriptedReceiver> {
  const made = await newReceiver();
  open.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const types = ["usage.low" as const, "usage.recovered" as const, "entitlement.expiring" as const];

it("a low balance, its recovery and a near end arrive once at an endpoint that subscribes, and at no other", async () => {
  const world = await newWorld();
  const admin = await newOperator("admin", world.accountId);
  const root = `/p/${world.projectId}/test`;
  const hooks = WebhookOperations.forWorld(world);
  const [subscribed, others] = [await receiver(), await receiver()];
  await hooks.create(subscribed.url, types);
  await hooks.create(others.url, ["purchase.finalized"]);

  const form = { low_balance: "10", low_balance_in: "percent", expiring_days: "3" };
  const confirmation = await admin.portal.post(`${root}/settings/signals`, form);
  expect(toText(confirmation)).toContain("Endpoints that subscribe get usage.low once for each customer");
  await admin.portal.submit(`${root}/settings/signals`, form);
  expect(toText(await admin.portal.get(`${root}/settings`))).toContain(
    "Low balance: 10% of what a pack granted. Expiring notice: 3 days before.",
  );

  await buy(world, "reader");
  await eventually(() => expect(others.log).toHaveLength(1));
  await world.api.consume("reader", 899, "k1");
  await world.api.consume("reader", 1, "k2");
  await world.api.consume("reader", 1, "k2");
  await eventually(() => expect(subscribed.log).toHaveLength(1));
  expect(subscribed.log[0]?.event).toMatchObject({
    type: "usage.low",
    data: { subject_ref: "reader", usage_remaining: 100, reason: "usage_consumed", kind: "usage_pack" },
  });
  await buy(world, "reader");
  await eventually(() => expect(subscribed.log).toHaveLength(2));
  expect(subscribed.log[1]?.event).toMatchObject({
    type: "usage.recovered",
    data: { usage_remaining: 1_100 },
  });

  // An operator's grant of a customer whom nothing happened to yet, and its preview.
  const customer = `${root}/customers/granted`;
  const inTenDays = new Date(Date.now() + 400 * daySeconds * 1_000).toISOString().slice(0, 10);
  const opened = await admin.portal.get(`${customer}/grant`);
  const preview = await admin.portal.submit(`${customer}/grant/preview`, {
    ...readFormFields(opened, `${customer}/grant/preview`),
    product_code: "PRO_MONTHLY",
    units: "",
    duration_days: "",
    ends_on: inTenDays,
    reason: "goodwill",
    text: "a year",
  });
  expect(toText(preview)).toContain("Sends to endpoints that subscribe: access.gained");
  await admin.portal.submit(`${customer}/grant`, readFormFields(preview, `${customer}/grant`));

  // A pack that takes the balance below the threshold by an operator's hand.
  const spend = await world.api.consume("reader", 1_050, "k3");
  expect(spend.status).toBe(200);
  await eventually(() => expect(subscribed.log).toHaveLength(3));
  const page = toText(await admin.portal.get(`${root}/customers/reader`));
  expect(page).toContain("Low balance : 100 units left");
  expect(page).toContain("Balance recovered : 1,100 units left");
  expect(page).toContain("Signal settings applied");

  expect(subscribed.log.map(({ event }) => event.type)).toEqual([
    "usage.low",
    "usage.recovered",
    "usage.low",
  ]);
  for (const { event } of subscribed.log) outboundEventSchema.parse(event);
  expect(others.log.map(({ event }) => event.type)).toEqual(["purchase.finalized", "purchase.finalized"]);
});

it("a product's own settings reach a customer who bought before, and the end of a pack is reported on its day", async () => {
  const world = await newWorld();
  const admin = await newOperator("admin", world.accountId);
  const root = `/p/${world.projectId}/test`;
  const hooks = WebhookOperations.forWorld(world);
  const subscribed = await receiver();
  await hooks.create(subscribed.url, types);
  await buy(world, "reader");
  await world.api.consume("reader", 700, "k1");
  const refused = await admin.portal.post(`${root}/products/CREDITS_1000/signals`, {
    low_balance: "95",
    low_balance_in: "percent",
    expiring_days: "",
    confirmed: "yes",
  });
  expect([refused.status, toText(refused).includes("Enter at most 90 percent.")]).toEqual([422, true]);
  await admin.portal.submit(`${root}/products/CREDITS_1000/signals`, {
    low_balance: "400",
    low_balance_in: "units",
    expiring_days: "",
  });
  // The sweeps run as the clock advances. A customer with a purchase that is not flushed yet is visited in the second round.
  await eventually(async () => {
    await advanceClock(world.origin, 300);
    expect(subscribed.log.map(({ event }) => event.type)).toEqual(["usage.low"]);
  });
  expect(subscribed.log[0]?.event.data).toMatchObject({ usage_remaining: 300, reason: "signal_settings" });

  await admin.portal.submit(`${root}/settings/signals`, {
    low_balance: "",
    low_balance_in: "percent",
    expiring_days: "1",
  });
  const customer = `${root}/customers/reader`;
  const opened = await admin.portal.get(`${customer}/grant`);
  const endsOn = new Date(Date.parse((await clockOf(world.origin)).now) + 5 * daySeconds * 1_000);
  const preview = await admin.portal.submit(`${customer}/grant/preview`, {
    ...readFormFields(opened, `${customer}/grant/preview`),
    product_code: "CREDITS_1000",
    units: "10",
    duration_days: "",
    ends_on: endsOn.toISOString().slice(0, 10),
    reason: "goodwill",
    text: "ten more",
  });
  await admin.portal.submit(`${customer}/grant`, readFormFields(preview, `${customer}/grant`));
  await advanceClock(world.origin, 6 * daySeconds);
  await eventually(() => expect(subscribed.log).toHaveLength(2));
  expect(subscribed.log[1]?.event).toMatchObject({
    type: "entitlement.expiring",
    data: { reason: "expires_soon", product_code: "CREDITS_1000", units: 10, source: "system" },
  });
});

const clockOf = async (origin: string) =>
  (await (await fetch(`${origin}/__dev/clock`)).json()) as { now: string };
