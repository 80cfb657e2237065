import { beforeAll, describe, expect, it } from "vitest";
import { sentencesOf } from "../../dev/seed/portal-client.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { advanceClock, type StripeWorld, sendSigned, setDelivery } from "./stripe-world.ts";
import { buy, newWorld } from "./world.ts";

let world: StripeWorld;
let admin: TestOperator;
let path: string;

beforeAll(async () => {
  const created = await newWorld({ mode: "live" });
  const { id } = await created.stripe.client.accounts.retrieveCurrent();
  admin = await newOperator("admin", created.accountId);
  path = `/p/${created.projectId}/live`;
  world = { ...created, accountId: id };
});

const page = async (where: string) => (await admin.portal.get(`${path}${where}`)).html;

/** Lets the sweeps run, and the grace of the newest events pass. */
async function sweep(): Promise<void> {
  for (let minutes = 0; minutes < 2; minutes++) await advanceClock(world.origin, 61);
  await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
}

/** Whether the line of the go-live checklist is done. */
const isLineDone = (html: string, title: string): boolean =>
  new RegExp(`<b>${title}</b>\\s*<span class="quiet">· done`).test(html);

const line = "Receive a live Stripe event by webhook";

describe("a silent Stripe webhook", () => {
  it("is noticed while customers are healed, and the notice ends with a new registration", async () => {
    await setDelivery(world, { mode: "drop" });
    await buy(world, "user_1");
    await buy(world, "user_1", "DAY_PASS");
    expect(await page("")).not.toContain("Stripe webhook silent");
    await sweep();
    // Late, but healed.
    expect((await world.api.check("user_1")).body.allowed).toBe(true);
    // The rules may have been evaluated before the sweep of the same minute found the events.
    await expect
      .poll(
        async () => {
          await sweep();
          return sentencesOf(await page(""));
        },
        { timeout: 25_000 },
      )
      .toContain("Stripe webhook silent");
    expect(await page("/inbox")).toContain("Register the webhook again, or check its URL and signing secret");
    expect(await page("/inbox")).toMatch(/Inbox[^<]*<[^>]*>\s*1\s*</);
    const stripePage = await page("/stripe");
    expect(stripePage).toContain("Stripe webhook silent.");
    expect(stripePage).toContain("payments take effect with that delay");
    expect(stripePage).toMatch(/class="pill bad">Silent</);
    const events = await page("/events");
    expect(events).toContain("Event list");
    expect(isLineDone(await page("/go-live"), line)).toBe(false);
    const [, eventId = ""] = /\/events\/(evt_\w+)"/.exec(events) ?? [];
    expect(await page(`/events/${eventId}`)).toContain("The webhook has not delivered it.");

    await setDelivery(world, { mode: "normal" });
    await advanceClock(world.origin, 5);
    await admin.portal.submit(`${path}/stripe/webhook`);
    expect(await page("/stripe")).not.toContain("Stripe webhook silent.");
    await advanceClock(world.origin, 61);
    await fetch(`${world.origin}/__dev/cron`, { method: "POST" });
    expect(await page("")).not.toContain("Stripe webhook silent");
    expect(await page("/inbox")).toContain("No open alerts");
    // A registration proves nothing for the checklist: an event by webhook does.
    expect(isLineDone(await page("/go-live"), line)).toBe(false);
    await buy(world, "user_2");
    expect(isLineDone(await page("/go-live"), line)).toBe(true);
    expect(await page("/events")).toMatch(/<td[^>]*>Webhook<\/td>/);
  });

  it("ends when Stripe's retry delivers an event that was already recovered", async () => {
    const created = await newWorld();
    const { id } = await created.stripe.client.accounts.retrieveCurrent();
    const other: StripeWorld = { ...created, accountId: id };
    const { portal } = await newOperator("viewer", created.accountId);
    const stripePage = async () => (await portal.get(`/p/${created.projectId}/test/stripe`)).html;
    await setDelivery(other, { mode: "drop" });
    await buy(other, "user_1");
    await sweep();
    expect(await stripePage()).toContain("Stripe webhook silent.");
    const { data } = await other.stripe.client.events.list({ limit: 1 });
    const before = (await other.api.get("/v1/customer/access/user_1")).body;
    expect((await sendSigned(other, JSON.stringify(data[0]))).status).toBe(200);
    expect(await stripePage()).not.toContain("Stripe webhook silent.");
    // The late delivery grants nothing a second time.
    expect(
      (await other.api.get<{ usage_remaining: number }>("/v1/customer/access/user_1")).body,
    ).toMatchObject({
      usage_remaining: (before as { usage_remaining: number }).usage_remaining,
    });
    const detail = (await portal.get(`/p/${created.projectId}/test/events/${data[0]?.id}`)).html;
    expect(detail).toContain("The webhook delivered it later.");
  });
});
