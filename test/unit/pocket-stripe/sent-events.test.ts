import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startPocketStripe } from "./start-pocket-stripe.ts";

let pocket: Awaited<ReturnType<typeof startPocketStripe>>;
let secret: string;
beforeAll(async () => {
  pocket = await startPocketStripe();
  const endpoint = await pocket.stripe.client.webhookEndpoints.create({
    url: pocket.endpointUrl,
    enabled_events: ["invoice.paid", "refund.created"],
  });
  secret = endpoint.secret ?? "";
});
afterAll(() => pocket.dispose());

const account = "acct_unit0001";
const stranger = "acct_stranger1";

async function send(body: object): Promise<Stripe.Event> {
  const reply = await pocket.stripe.control("events", { account, ...body });
  return (reply as { event: Stripe.Event }).event;
}

/** Returns the webhook that carries an event, after checking its signature as a shop does. */
async function receive(id: string): Promise<Stripe.Event | undefined> {
  const sent = pocket.webhooks.find(({ body }) => (JSON.parse(body) as Stripe.Event).id === id);
  return sent && Stripe.webhooks.constructEventAsync(sent.body, sent.signature, secret);
}

const invoice = { object: "invoice", id: "in_madeup", amount_paid: 2_900, lines: { data: [] } };

describe("events of made-up objects", () => {
  test("a made-up event arrives with a right signature, and Stripe lists it", async () => {
    const { id } = await send({ type: "invoice.paid", object: invoice });
    const received = await receive(id);
    expect(received).toMatchObject({ type: "invoice.paid", livemode: false, data: { object: invoice } });
    expect(received).not.toHaveProperty("account");
    expect(await pocket.stripe.client.events.retrieve(id)).toMatchObject({ id, type: "invoice.paid" });
  });

  test("a made-up event keeps its time and its previous attributes", async () => {
    const created = pocket.readNow() - 500;
    const previous_attributes = { amount_paid: 0 };
    const { id } = await send({ type: "invoice.paid", object: invoice, created, previous_attributes });
    expect(await receive(id)).toMatchObject({ created, data: { previous_attributes } });
  });

  test("an event of a connected account carries account, and only that account lists it", async () => {
    const { id } = await send({ type: "invoice.paid", object: invoice, connected_account: stranger });
    expect(await receive(id)).toMatchObject({ account: stranger, data: { object: invoice } });
    const { data } = await pocket.stripe.client.events.list({ limit: 100 });
    expect(data.map((event) => event.id)).not.toContain(id);
    await expect(pocket.stripe.client.events.retrieve(id)).rejects.toMatchObject({ statusCode: 404 });
    const own = await pocket.open("sk_test_stranger1").client.events.retrieve(id);
    expect(own).toMatchObject({ id, type: "invoice.paid" });
    expect(own).not.toHaveProperty("account");
  });

  test("an event of a type that no endpoint wants is listed and not sent", async () => {
    const { id } = await send({ type: "invoice.voided", object: invoice });
    expect(await receive(id)).toBeUndefined();
    expect(await pocket.stripe.client.events.retrieve(id)).toMatchObject({ id });
  });

  test("held events of made-up objects wait for their release, those of a connected account too", async () => {
    await pocket.stripe.control("delivery", { account, mode: "hold" });
    const held = await send({ type: "invoice.paid", object: invoice, connected_account: stranger });
    expect(await receive(held.id)).toBeUndefined();
    await pocket.stripe.control("delivery", { account, mode: "normal", release: "in_order", copies: 2 });
    const copies = pocket.webhooks.filter(({ body }) => body.includes(held.id));
    expect(copies).toHaveLength(2);
  });

  test("a made-up event without a Stripe object, or to no account, is refused", async () => {
    await expect(send({ type: "invoice.paid", object: { id: "in_1" } })).rejects.toThrow("400");
    await expect(send({ type: "Invoice paid", object: invoice })).rejects.toThrow("400");
    await expect(pocket.stripe.control("events", { type: "invoice.paid", object: invoice })).rejects.toThrow(
      "400",
    );
  });
});
