import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { type StackFile, seed } from "../../dev/seed/seed.ts";
import type { DenialReason } from "../../shared/contract/words.ts";
import { denialWords } from "../../workers/portal/components/customer-words.ts";
import {
  chromiumPath,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
  tabTo,
} from "./portal-browser.ts";

/** From what a ticket names to the cause, and on to access that is right again: so many actions at most. */
const mostToCause = 2;
const mostToRepair = 4;

/** Somebody at support, whose actions are counted: a click, or sending a form that they filled in. */
class Supporter {
  actions = 0;

  constructor(readonly page: Page) {}

  /** Ctrl-K, paste, and the first of what is found. */
  async paste(identifier: string): Promise<void> {
    this.actions++;
    await this.page.keyboard.press("Control+k");
    await this.page.getByRole("dialog", { name: "Go to" }).waitFor();
    await this.page.keyboard.insertText(identifier);
    await this.page.getByRole("option").first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.waitForURL(/\/customers\/user_/);
  }

  async click(role: "link" | "button", name: string): Promise<void> {
    this.actions++;
    await this.page.getByRole(role, { name }).first().click();
  }

  async submit(fields: Record<string, string>, button: string): Promise<void> {
    this.actions++;
    for (const [label, value] of Object.entries(fields)) await this.page.getByLabel(label).fill(value);
    await this.page.getByRole("button", { name: button }).click();
  }

  /** What the diagnosis puts first, which must not have taken too many actions to see. */
  async cause(): Promise<string> {
    const text = await this.page.locator("#diagnosis li").first().innerText();
    expect(this.actions).toBeLessThanOrEqual(mostToCause);
    return text;
  }
}

describe.skipIf(chromiumPath === undefined)("each support playbook", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let api: ApiClient;
  let stripe: PocketStripe;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    api = new ApiClient(origin, file.test_key);
    stripe = new PocketStripe(origin, "sk_test_demo0001");
    ({ page, errors } = await openPage(portal));
    await signIn(
      page,
      file.operators.find(({ role }) => role === "support"),
    );
  });
  afterEach(() => expect(errors).toEqual([]));
  afterAll(() => portal.close());

  /** Somebody with a ticket before them, and the portal open at its customers. */
  async function newTicket(): Promise<Supporter> {
    await page.goto(`/p/${file.project_id}/test/customers`);
    return new Supporter(page);
  }

  /** The screen and the runtime API say the same of the customer, and it is this. */
  async function expectAccess(subjectRef: string, allowed: boolean): Promise<void> {
    const { body } = await api.check(subjectRef);
    expect(body.allowed).toBe(allowed);
    const said = await page.locator("#decision").innerText();
    const reason = body.reason === undefined ? "" : `: ${denialWords[body.reason as DenialReason]}`;
    expect(said).toBe(`Access is ${allowed ? "allowed" : "denied"}${reason}`);
  }

  async function checkoutOf(subjectRef: string) {
    const { data } = await stripe.client.checkout.sessions.list({ limit: 100 });
    const found = data.find(({ metadata }) => metadata?.["licenzy_subject_ref"] === subjectRef);
    if (found === undefined) throw new Error(`${subjectRef} has no checkout`);
    return { id: found.id, ...(await stripe.session(found.id)), customer: String(found.customer) };
  }

  const saysWhy = { "In your words": "Ticket 4471" };

  /** From an action's form to access that is right again, within the actions that a playbook may take. */
  async function repair(
    somebody: Supporter,
    subjectRef: string,
    fields: Record<string, string> = {},
    confirm: [button: string, done: string] = ["Apply this", "Done, and in effect"],
  ): Promise<void> {
    await somebody.submit({ ...saysWhy, ...fields }, "Preview");
    await page.getByText("→ allowed").waitFor();
    await somebody.click("button", confirm[0]);
    await page.getByText(confirm[1]).waitFor();
    await expectAccess(subjectRef, true);
    expect(somebody.actions).toBeLessThanOrEqual(mostToRepair);
  }

  it("paid but no access: from the checkout's id to what Stripe was never heard to say, taken over", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_paid_but_waiting";
    await somebody.paste((await checkoutOf(subjectRef)).id);
    await expectAccess(subjectRef, false);
    expect(await somebody.cause()).toContain("Stripe has not told us of a payment");
    await somebody.click("link", "Preview a sync from Stripe");
    await repair(somebody, subjectRef, {}, ["Take this over", "Taken over from Stripe"]);
  });

  it("delivery failed: from the Stripe customer to the answer that the backend never took, sent again", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_dead_delivery";
    await somebody.paste((await checkoutOf(subjectRef)).customer);
    await expectAccess(subjectRef, true);
    const cause = await somebody.cause();
    expect(cause).toContain("Your backend was never told");
    expect(cause).toContain("purchase.finalized");
    await somebody.click("button", "Send it again now");
    await page.getByText("It is sent again now").waitFor();
    await vi.waitFor(async () => {
      await page.reload();
      expect(await page.locator("#deliveries").innerText()).toContain("Delivered");
    }, 10_000);
    expect(await page.locator("#diagnosis").innerText()).toContain("Nothing is wrong");
    await expectAccess(subjectRef, true);
    expect(somebody.actions).toBeLessThanOrEqual(mostToRepair);
  });

  it("refund revoked access: from the e-mail address to the refund, and a grant by hand", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_refunded";
    await somebody.paste("user_refunded@example.com");
    await expectAccess(subjectRef, false);
    expect(await somebody.cause()).toContain("The payment was refunded in full");
    await somebody.click("link", "Preview a grant by hand");
    await repair(somebody, subjectRef);
  });

  it("credits gone unexpectedly: from the refused decision's id to the uses, and credits added", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_out_of_credits";
    const refused = await api.check(subjectRef);
    await somebody.paste(refused.headers.get("Licenzy-Decision") ?? "");
    expect(await page.locator("#decision").innerText()).toBe("Access was denied: no units are left");
    const cause = await somebody.cause();
    expect(cause).toContain("All units are used up");
    expect(cause).toContain("The 3 newest uses took 1,000 units");
    await somebody.click("link", "Preview adding units");
    await repair(somebody, subjectRef, { Units: "200" });
    const { body } = await api.get<{ usage_remaining: number }>(`/v1/customer/access/${subjectRef}`);
    expect(body.usage_remaining).toBe(200);
  });

  it("manual recovery: from the subscription's id to the unpaid renewal, and access by hand until it is settled", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_past_due";
    await somebody.paste((await checkoutOf(subjectRef)).subscription ?? "");
    await expectAccess(subjectRef, false);
    expect(await somebody.cause()).toContain("The renewal was not paid");
    await somebody.click("link", "Preview a grant by hand");
    expect(await page.getByLabel("Product", { exact: true }).inputValue()).toBe("PRO_MONTHLY");
    await repair(somebody, subjectRef, { "Last day": "2030-12-31" });
  });

  it("manual recovery: from the payment's id to the dispute, and the hold lifted", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_disputed";
    await somebody.paste((await checkoutOf(subjectRef)).payment_intent ?? "");
    await expectAccess(subjectRef, false);
    expect(await somebody.cause()).toContain("The customer disputes the payment at the bank");
    await somebody.click("link", "Preview lifting the hold");
    await repair(somebody, subjectRef);
  });

  it("works by the keyboard alone: find a customer, grant after a preview, undo it", async () => {
    const somebody = await newTicket();
    const subjectRef = "user_paid";
    const before = (await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"];
    await somebody.paste(subjectRef);
    await tabTo(page, "Grant…");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/grant$/);
    await tabTo(page, "Units (optional)");
    await page.keyboard.type("50");
    await tabTo(page, "In your words");
    await page.keyboard.type("Ticket 4472");
    await page.keyboard.press("Enter");
    await page.getByText("What will change").waitFor();
    await tabTo(page, "Apply this");
    await page.keyboard.press("Enter");
    await page.getByText("Done, and in effect").waitFor();
    const granted = (await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"];
    expect(granted).toBe(Number(before) + 50);
    await expectAccess(subjectRef, true);

    await tabTo(page, "Undo…");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/undo\?sequence=/);
    await tabTo(page, "In your words");
    await page.keyboard.type("Wrong customer");
    await page.keyboard.press("Enter");
    await page.getByText("What will change").waitFor();
    await tabTo(page, "Apply this");
    await page.keyboard.press("Enter");
    await page.getByText("Done, and in effect").waitFor();
    expect((await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"]).toBe(before);
    await expectAccess(subjectRef, true);
    expect(await page.getByRole("link", { name: /^Undo entry/ }).count()).toBe(0);
  });
});
