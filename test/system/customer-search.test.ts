import { beforeAll, describe, expect, it } from "vitest";
import { runWebhookOperation } from "../../dev/seed/provision.ts";
import { createEndpoint } from "../../shared/contract/operations/endpoints.ts";
import { newId } from "../../shared/kit/ids.ts";
import { eventually } from "../eventually.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { findLatestPayment, purchase } from "./stripe-world.ts";
import { newWorld, type World } from "./world.ts";

/** Every identifier that an operator can paste, and the page that it must find. */

let world: World;
let operator: TestOperator;
const ids: Record<string, string> = {};
const anna = "user/anna%";
const annaMonthly = "org_7f3f9c13_monthly";
const email = "Anna.Becker@Example.com";

const place = () => `/p/${world.projectId}/test`;
const customer = (subjectRef: string) => `${place()}/customers/${encodeURIComponent(subjectRef)}`;
const search = (text: string, mode = "test") =>
  operator.portal.get(`/p/${world.projectId}/${mode}/customers?${new URLSearchParams({ q: text })}`);
const idOf = (name: string): string => {
  const id = ids[name];
  if (id === undefined) throw new Error(`no ${name}`);
  return id;
};
const shorten = (id: string) => `${id.slice(0, 9)}…${id.slice(-5)}`;

beforeAll(async () => {
  world = await newWorld();
  operator = await newOperator("viewer", world.accountId);
  const { stripe, origin, projectId } = world;
  const endpointId = newId("ep");
  await runWebhookOperation(
    origin,
    createEndpoint,
    { projectId, mode: "test" },
    {
      endpointId,
      url: `${origin}/receiver/search`,
      description: "",
      eventTypes: ["purchase.finalized"],
    },
  );
  await setUpPack(endpointId);
  const subscription = await purchase(world, annaMonthly, "PRO_MONTHLY");
  const sub = subscription.subscription;
  const details = await stripe.client.subscriptions.retrieve(sub);
  const invoice =
    typeof details.latest_invoice === "string" ? details.latest_invoice : details.latest_invoice?.id;
  const monthlyPayment = await findLatestPayment(world, sub);
  const monthlyIntent = await stripe.client.paymentIntents.retrieve(monthlyPayment);
  Object.assign(ids, {
    sub,
    in: invoice,
    si: details.items.data[0]?.id,
    monthlyCharge: monthlyIntent.latest_charge,
  });
  await fetch(`${origin}/__dev/cron`, { method: "POST" });
});

/** Buys a pack, refunds a part of it and disputes it, so that each kind of object exists. */
async function setUpPack(endpointId: string): Promise<void> {
  const { stripe, api, projectId } = world;
  const bought = await purchase(world, anna, "CREDITS_1000");
  const pi = bought.paymentIntent;
  const intent = await stripe.client.paymentIntents.retrieve(pi);
  const cus = String(intent.customer);
  await stripe.client.customers.update(cus, { email, name: "Anna Becker" });
  const re = (await stripe.control("refunds", { payment_intent: pi, amount: 100 })) as {
    refund: { id: string };
  };
  const dp = (await stripe.control("disputes", { payment_intent: pi })) as {
    dispute: { id: string };
  };
  const check = await api.check(anna);
  const [charge] = (await stripe.client.charges.list({ payment_intent: pi })).data;
  const sessions = await stripe.client.checkout.sessions.list({ payment_intent: pi });
  const events = await operator.portal.get(
    `/p/${projectId}/test/events?${new URLSearchParams({ customer: anna })}`,
  );
  await eventually(async () =>
    expect((await operator.portal.get(`/p/${projectId}/test/deliveries`)).html).toMatch(/deliveries\/dlv_/),
  );
  const deliveries = await operator.portal.get(`/p/${projectId}/test/deliveries`);
  const dlv = /\/deliveries\/(dlv_\w+)/.exec(deliveries.html)?.[1] ?? "";
  const page = await operator.portal.get(customer(anna));
  const price = (await stripe.client.checkout.sessions.listLineItems(sessions.data[0]?.id ?? "")).data[0]
    ?.price;
  Object.assign(ids, {
    cus,
    pi,
    ch: charge?.id,
    re: re.refund.id,
    dp: dp.dispute.id,
    cs: sessions.data[0]?.id,
    evt: /\/events\/(evt_\w+)/.exec(events.html)?.[1],
    dec: check.headers.get("Licenzy-Decision") ?? "",
    dlv,
    ownEvent: `evt_${dlv.slice(4, 30)}`,
    ent: /ent_[0-9a-z]{26}/.exec(page.html)?.[0],
    att: sessions.data[0]?.metadata?.["licenzy_attempt_id"],
    ep: endpointId,
    price: price?.id,
    prod: typeof price?.product === "string" ? price.product : "",
  });
}

type Row = [name: string, text: () => string, page: () => string];
const same = (name: string): [string, () => string] => [name, () => idOf(name)];
const dashboard = "https://dashboard.stripe.com";

const table: Row[] = [
  ...["cus", "pi", "ch", "re", "dp", "cs", "att", "ent"].map(
    (name): Row => [...same(name), () => customer(anna)],
  ),
  ...["sub", "in", "si", "monthlyCharge"].map((name): Row => [...same(name), () => customer(annaMonthly)]),
  [...same("evt"), () => `${place()}/events/${idOf("evt")}`],
  [...same("dec"), () => `${customer(anna)}?as_of=${idOf("dec")}`],
  [...same("dlv"), () => `${place()}/deliveries/${idOf("dlv")}`],
  [...same("ep"), () => `${place()}/webhooks/${idOf("ep")}`],
  [
    ...same("ownEvent"),
    () => `${place()}/deliveries?${new URLSearchParams({ customer: anna, type: "purchase.finalized" })}`,
  ],
  [...same("price"), () => `${place()}/products/CREDITS_1000`],
  [...same("prod"), () => `${place()}/products/CREDITS_1000`],
  ["an email address", () => email, () => customer(anna)],
  ["an email address in lower case", () => email.toLowerCase(), () => customer(anna)],
  ["an email address in upper case", () => email.toUpperCase(), () => customer(anna)],
  ["a name and an email address", () => `Anna Becker <${email}>`, () => customer(anna)],
  ["mailto:", () => `mailto:${email}`, () => customer(anna)],
  ["quotes", () => `"${idOf("cus")}"`, () => customer(anna)],
  ["backticks and a comma", () => `\`${idOf("ch")}\`, `, () => customer(anna)],
  ["a sentence", () => `Please refund ${idOf("pi")}.`, () => customer(anna)],
  ["a dashboard customer", () => `${dashboard}/test/customers/${idOf("cus")}`, () => customer(anna)],
  ["a dashboard payment", () => `${dashboard}/acct_1Abc/test/payments/${idOf("pi")}`, () => customer(anna)],
  [
    "a dashboard subscription",
    () => `<${dashboard}/acct_1Abc/test/subscriptions/${idOf("sub")}>`,
    () => customer(annaMonthly),
  ],
  ["a dashboard invoice", () => `${dashboard}/test/invoices/${idOf("in")}`, () => customer(annaMonthly)],
  [
    "a dashboard event",
    () => `${dashboard}/test/events/${idOf("evt")}`,
    () => `${place()}/events/${idOf("evt")}`,
  ],
  ["a dashboard dispute", () => `${dashboard}/test/disputes/${idOf("dp")}`, () => customer(anna)],
  ["an address of the portal", () => `https://portal.example${customer(anna)}`, () => customer(anna)],
  ...["cus", "pi", "att", "ent"].map(
    (name): Row => [`a shortened ${name}`, () => shorten(idOf(name)), () => customer(anna)],
  ),
  ["a shortened Stripe event", () => shorten(idOf("evt")), () => `${place()}/events/${idOf("evt")}`],
  ["a shortened subject_ref", () => shorten(annaMonthly), () => customer(annaMonthly)],
  ["a subject_ref", () => anna, () => customer(anna)],
  ["a subject_ref in quotes", () => `'${annaMonthly}'`, () => customer(annaMonthly)],
  ["the beginning of a subject_ref", () => "org_7f3", () => customer(annaMonthly)],
  ["the middle of a subject_ref", () => "7F3F9C13", () => customer(annaMonthly)],
];

describe("the search of customers", () => {
  it.each(table)("%s finds its page", async (_, text, page) => {
    const reply = await search(text());
    expect({
      text: text(),
      location: reply.location,
      seen: reply.location === null ? toText(reply) : "",
    }).toEqual({
      text: text(),
      location: page(),
      seen: "",
    });
    expect((await operator.portal.get(page())).status).toBe(200);
  });

  it("the page that a charge leads to says what was recognized", async () => {
    await search(idOf("monthlyCharge"));
    const page = toText(await operator.portal.get(customer(annaMonthly)));
    expect(page).toContain(`Stripe charge ${idOf("monthlyCharge")}, paid by ${annaMonthly}.`);
  });

  it.each(["cus", "dlv", "evt", "dec"])("%s of the other mode is offered there", async (name) => {
    const page = toText(await search(idOf(name), "live"));
    expect(page).toContain("Recognized: ");
    expect(page).toContain("Found in test mode");
  });

  it("a dashboard address of live mode is not looked up in test mode, and live mode is offered", async () => {
    const reply = await search(`${dashboard}/payments/pi_3MtwBwUnknown`);
    expect(toText(reply)).toContain(
      "Recognized: Stripe payment pi_3MtwBwUnknown of live mode. You are in test mode.",
    );
    expect(reply.html).toContain(`/p/${world.projectId}/live/customers?q=`);
  });

  it("an object that Stripe does not have is said to be missing", async () => {
    const page = toText(await search("ch_3MtwBwUnknown"));
    expect(page).toContain("Stripe has no ch_3MtwBwUnknown in test mode.");
  });

  it("the search says so when Stripe does not respond, and the page is shown", async () => {
    const account = `acct_${world.stripe.apiKey.split("_")[2]}`;
    await world.stripe.control("api", { next: 1, fail: { status: 500 }, account });
    const reply = await search("re_3MtwBwUnknown");
    expect(reply.status).toBe(200);
    expect(toText(reply)).toContain("Stripe refund not looked up: Stripe did not return re_3MtwBwUnknown.");
  });

  it("a shortened id that several records have lists them all", async () => {
    const reply = await search(shorten(idOf("dlv")));
    expect(reply.location).toBeNull();
    expect(toText(reply)).toContain("Recognized: Shortened ID ");
    expect(reply.html).toContain(`href="${place()}/deliveries/${idOf("dlv")}"`);
  });

  it("an API request's id is explained, since requests are not stored", async () => {
    expect(toText(await search(newId("req")))).toContain("Search your worker logs for this request ID");
  });

  it("the palette finds the same pages without a call to Stripe, and links to the whole search", async () => {
    const find = async (text: string) =>
      JSON.parse((await operator.portal.get(`${place()}/find?${new URLSearchParams({ q: text })}`)).html);
    expect((await find(idOf("dlv"))).results[0]).toEqual({
      label: `Webhook delivery ${idOf("dlv")}, about ${anna}`,
      kind: "Go to",
      href: `${place()}/deliveries/${idOf("dlv")}`,
    });
    const unknown = await find("ch_3MtwBwUnknown");
    expect(unknown.results).toEqual([]);
    expect(unknown.search.label).toBe("Look up Stripe charge ch_3MtwBwUnknown");
  });

  it("an identifier of another project finds nothing", async () => {
    const other = await newWorld();
    const stranger = await newOperator("viewer", other.accountId);
    for (const name of ["cus", "dlv", "evt", "ent", "ep", "dec"]) {
      const query = new URLSearchParams({ q: idOf(name) });
      const reply = await stranger.portal.get(`/p/${other.projectId}/test/customers?${query}`);
      expect(reply.location).toBeNull();
      expect(toText(reply)).not.toContain(anna);
    }
  });
});
