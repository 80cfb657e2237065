import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { chromiumPath, openPage, openPortalBrowser, type PortalBrowser, signIn } from "./portal-browser.ts";

/** From the identifier in a ticket to the cause. */
const maxActions = 3;

/** What a ticket can name, and the cause that support has to see then. */
const table: [name: string, subjectRef: string, cause: string][] = [
  ["an email address", "user_refunded", "Payment refunded in full"],
  ["a name and an email address", "user_refunded", "Payment refunded in full"],
  ["a subject_ref", "user_refunded", "Payment refunded in full"],
  ["a checkout", "user_paid_but_waiting", "No payment received from Stripe yet"],
  ["a Stripe customer", "user_dead_delivery", "Webhook delivery failed"],
  ["a payment", "user_disputed", "Payment disputed"],
  ["a charge", "user_refunded", "Payment refunded in full"],
  ["a refund", "user_refunded", "Payment refunded in full"],
  ["a dispute", "user_disputed", "Payment disputed"],
  ["a dashboard address", "user_disputed", "Payment disputed"],
  ["a subscription", "user_past_due", "Renewal failed"],
  ["an invoice", "user_past_due", "Renewal failed"],
  ["a Stripe event", "user_past_due", "Renewal failed"],
  ["a delivery", "user_dead_delivery", "Webhook delivery failed"],
  ["a decision", "user_out_of_credits", "No units left"],
];

describe.skipIf(chromiumPath === undefined)("from what a ticket names to the cause", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let stripe: PocketStripe;
  let page: Page;
  let errors: string[];
  const identifiers = new Map<string, string>();
  const root = () => `/p/${file.project_id}/test`;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    stripe = new PocketStripe(origin, "sk_test_demo0001");
    ({ page, errors } = await openPage(portal));
    await signIn(
      page,
      file.operators.find(({ role }) => role === "support"),
    );
    await collect();
  });
  afterAll(() => portal.close());

  async function collect(): Promise<void> {
    const { data: sessions } = await stripe.client.checkout.sessions.list({ limit: 100 });
    const sessionOf = (subjectRef: string) => {
      const found = sessions.find(({ metadata }) => metadata?.["licenzy_subject_ref"] === subjectRef);
      if (found === undefined) throw new Error(`${subjectRef} has no checkout`);
      return found;
    };
    const refunded = String((await stripe.session(sessionOf("user_refunded").id)).payment_intent);
    const disputed = String((await stripe.session(sessionOf("user_disputed").id)).payment_intent);
    const pastDue = String((await stripe.session(sessionOf("user_past_due").id)).subscription);
    const [charge] = (await stripe.client.charges.list({ payment_intent: refunded })).data;
    const [refund] = (await stripe.client.refunds.list({ payment_intent: refunded })).data;
    const [dispute] = (await stripe.client.disputes.list({ payment_intent: disputed })).data;
    const subscription = await stripe.client.subscriptions.retrieve(pastDue);
    const { latest_invoice: invoice } = subscription;
    const api = new ApiClient(portal.stack.origin, file.test_key);
    const check = await api.check("user_out_of_credits");
    const found: Record<string, string | null | undefined> = {
      "an email address": "user_refunded@example.com",
      "a name and an email address": "Anna Becker <USER_REFUNDED@example.com>",
      "a subject_ref": "user_refunded",
      "a checkout": sessionOf("user_paid_but_waiting").id,
      "a Stripe customer": String(sessionOf("user_dead_delivery").customer),
      "a payment": disputed,
      "a charge": charge?.id,
      "a refund": refund?.id,
      "a dispute": dispute?.id,
      "a dashboard address": `https://dashboard.stripe.com/test/payments/${disputed}`,
      "a subscription": pastDue,
      "an invoice": typeof invoice === "string" ? invoice : invoice?.id,
      "a Stripe event": await findLink("/events?customer=user_past_due", /\/events\/(evt_\w+)/),
      "a delivery": await findLink("/deliveries?customer=user_dead_delivery", /\/deliveries\/(dlv_\w+)/),
      "a decision": check.headers.get("Licenzy-Decision"),
    };
    for (const [name, identifier] of Object.entries(found)) identifiers.set(name, identifier ?? "");
  }

  async function findLink(list: string, link: RegExp): Promise<string | undefined> {
    await page.goto(root() + list);
    return link.exec(await page.content())?.[1];
  }

  /** Pastes into the palette, takes the first result, and opens the customer from there. Returns the number of actions. */
  async function open(identifier: string, subjectRef: string): Promise<number> {
    await page.goto(root());
    const start = page.url();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog", { name: "Search" }).waitFor();
    await page.keyboard.insertText(identifier);
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => url.href !== start, { waitUntil: "load" });
    let actions = 1;
    if (!new URL(page.url()).pathname.endsWith(`/customers/${subjectRef}`)) {
      actions++;
      await page.locator("main").getByRole("link", { name: subjectRef, exact: true }).first().click();
    }
    const backToNow = page.getByRole("link", { name: "Back to now" }).first();
    if (new URL(page.url()).searchParams.has("as_of")) {
      actions++;
      await backToNow.click();
    }
    await page.waitForURL((url) => url.pathname.endsWith(`/customers/${subjectRef}`));
    return actions;
  }

  it.each(table)("%s of %s shows “%s” without scrolling, in 3 actions", async (name, subjectRef, cause) => {
    const identifier = identifiers.get(name) ?? "";
    expect({ name, isFound: identifier !== "" }).toEqual({ name, isFound: true });
    const actions = await open(identifier, subjectRef);
    const first = page.locator("#diagnosis li").first();
    expect(await first.innerText()).toContain(cause);
    const box = await first.boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
    expect(actions).toBeLessThanOrEqual(maxActions);
    expect(errors).toEqual([]);
  });
});
