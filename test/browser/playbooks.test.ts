import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { PocketStripe } from "../../dev/seed/pocket-stripe.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import type { DenialReason } from "../../shared/contract/enums.ts";
import { denialLabels } from "../../workers/portal/components/labels/customer.ts";
import { eventually } from "../eventually.ts";
import {
  chromiumPath,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
  tabTo,
} from "./portal-browser.ts";

/** The most actions from the identifier in a ticket to the cause, and on to restored access. */
const maxActionsToCause = 2;
const maxActionsToRepair = 5;

/** Whether an operator points and clicks, or reaches everything with the Tab key and presses Enter. */
type Input = "mouse" | "keyboard";

/** A support operator. Counts actions: each click, and each form that is filled in and sent. */
class Supporter {
  actions = 0;

  constructor(
    readonly page: Page,
    readonly input: Input,
  ) {}

  /** Presses Ctrl-K, pastes the identifier and opens the first result. */
  async paste(identifier: string): Promise<void> {
    this.actions++;
    await this.page.keyboard.press("Control+k");
    await this.page.getByRole("dialog", { name: "Search" }).waitFor();
    await this.page.keyboard.insertText(identifier);
    await this.page.getByRole("option").first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.waitForURL(/\/customers\/user_/);
  }

  async click(role: "link" | "button", name: string): Promise<void> {
    this.actions++;
    const target = this.page.getByRole(role, { name }).first();
    if (this.input === "mouse") return target.click();
    await this.reach(target);
    await this.page.keyboard.press("Enter");
  }

  /** Presses Tab until the element has the focus. */
  private async reach(target: Locator): Promise<void> {
    await target.waitFor();
    for (let presses = 0; presses < 150; presses++) {
      await this.page.keyboard.press("Tab");
      if ((await target.and(this.page.locator(":focus")).count()) > 0) return;
    }
    throw new Error(`Tab never reached ${target}`);
  }

  async fill(fields: Record<string, string>): Promise<void> {
    this.actions++;
    const dialog = this.page.getByRole("dialog");
    for (const [label, value] of Object.entries(fields)) {
      const field = dialog.getByLabel(label);
      if (this.input === "mouse") await field.fill(value);
      else await this.type(field, value);
    }
  }

  private async type(field: Locator, value: string): Promise<void> {
    await this.reach(field);
    // A date is typed as its parts.
    const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? [];
    if (year === undefined) await this.page.keyboard.press("Control+a");
    await this.page.keyboard.type(year === undefined ? value : `${month}${day}${year}`);
    expect(await field.inputValue()).toBe(value);
  }

  /** Returns the first cause in the diagnosis, and checks how many actions it took to see it. */
  async cause(): Promise<string> {
    const text = await this.page.locator("#diagnosis li").first().innerText();
    expect(this.actions).toBeLessThanOrEqual(maxActionsToCause);
    return text;
  }
}

const inputs: Input[] = ["mouse", "keyboard"];

describe.skipIf(chromiumPath === undefined).each(inputs)("support playbooks by %s", (input) => {
  let portal: PortalBrowser;
  let file: StackFile;
  let api: ApiClient;
  let stripe: PocketStripe;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { stripeOrigin } = portal;
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken, stripeOrigin });
    api = new ApiClient(origin, file.test_key);
    stripe = new PocketStripe(stripeOrigin, "sk_test_demo0001");
    ({ page, errors } = await openPage(portal));
    await signIn(
      page,
      file.operators.find(({ role }) => role === "support"),
    );
  });
  afterEach(() => expect(errors).toEqual([]));
  afterAll(() => portal.close());

  /** Returns a support operator who starts at the customer list. */
  async function newTicket(): Promise<Supporter> {
    await page.goto(`/p/${file.project_id}/test/customers`);
    return new Supporter(page, input);
  }

  /** Expects this access for the customer on the page and from the runtime API. */
  async function expectAccess(subjectRef: string, allowed: boolean): Promise<void> {
    const { body } = await api.check(subjectRef);
    expect(body.allowed).toBe(allowed);
    const headline = await page.locator("#decision").innerText();
    const reason = body.reason === undefined ? "" : `: ${denialLabels[body.reason as DenialReason]}`;
    expect(headline).toBe(allowed ? "Access allowed" : `No access${reason}`);
  }

  /** Expects that the element is on the screen without scrolling. */
  async function expectInView(selector: string): Promise<void> {
    const box = await page.locator(selector).boundingBox();
    const height = page.viewportSize()?.height ?? 0;
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(height);
  }

  async function findCheckout(subjectRef: string) {
    const { data } = await stripe.client.checkout.sessions.list({ limit: 100 });
    const found = data.find(({ metadata }) => metadata?.["licenzy_subject_ref"] === subjectRef);
    if (found === undefined) throw new Error(`${subjectRef} has no checkout`);
    return { id: found.id, ...(await stripe.session(found.id)), customer: String(found.customer) };
  }

  const reasonFields = { Note: "Ticket 4471" };

  /**
   * Fills in the drawer of an action, applies what it previews, and expects restored access within the actions that a
   * playbook allows, reported without scrolling.
   */
  async function repair(
    supporter: Supporter,
    subjectRef: string,
    button: string,
    fields: Record<string, string> = {},
  ): Promise<void> {
    await supporter.fill({ ...reasonFields, ...fields });
    await page.getByText("→ allowed").waitFor();
    await supporter.click("button", button);
    await page.getByText("Access is now allowed.").waitFor();
    await expectInView(".result");
    await expectInView("#decision");
    await expectAccess(subjectRef, true);
    expect(supporter.actions).toBeLessThanOrEqual(maxActionsToRepair);
  }

  it("support syncs a missed payment when given the checkout id (paid but no access)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_paid_but_waiting";
    await supporter.paste((await findCheckout(subjectRef)).id);
    await expectAccess(subjectRef, false);
    expect(await supporter.cause()).toContain("No payment received from Stripe yet");
    await supporter.click("link", "Sync from Stripe…");
    await supporter.fill(reasonFields);
    // Enter previews a sync, which reads Stripe, and applies what it then shows.
    await page.keyboard.press("Enter");
    await page.getByText("→ allowed").waitFor();
    await supporter.click("button", "Apply 1 change");
    await page.getByText("Synced from Stripe: 1 change applied.").waitFor();
    await expectInView(".result, .flash");
    await expectInView("#decision");
    await expectAccess(subjectRef, true);
    expect(supporter.actions).toBeLessThanOrEqual(maxActionsToRepair);
  });

  it("support resends a failed webhook when given the Stripe customer id (delivery failed)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_dead_delivery";
    await supporter.paste((await findCheckout(subjectRef)).customer);
    await expectAccess(subjectRef, true);
    const cause = await supporter.cause();
    expect(cause).toContain("Webhook delivery failed");
    expect(cause).toContain("purchase.finalized");
    await supporter.click("button", "Retry delivery");
    await page.getByText("Delivery queued for retry.").waitFor();
    await expectInView(".flash");
    await eventually(async () => {
      await page.reload();
      expect(await page.locator("#diagnosis").innerText()).toContain("No issues found");
    });
    await page.locator(".tabs").getByText("Webhooks").click();
    expect(await page.locator("#deliveries").innerText()).toContain("Delivered");
    await expectAccess(subjectRef, true);
    expect(supporter.actions).toBeLessThanOrEqual(maxActionsToRepair);
  });

  it("support grants access after a refund when given the email (refund revoked access)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_refunded";
    await supporter.paste("user_refunded@example.com");
    await expectAccess(subjectRef, false);
    expect(await supporter.cause()).toContain("Payment refunded in full");
    await supporter.click("link", "Grant access…");
    await supporter.click("button", "750 units that were left");
    await repair(supporter, subjectRef, "Grant 750 units");
  });

  it("support adds credits when given the id of a denied decision (credits gone unexpectedly)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_out_of_credits";
    const refused = await api.check(subjectRef);
    await supporter.paste(refused.headers.get("Licenzy-Decision") ?? "");
    expect(await page.locator("#decision").innerText()).toBe("Access was denied: no units left");
    await supporter.click("link", "Back to now");
    const cause = await supporter.cause();
    expect(cause).toContain("No units left");
    expect(cause).toContain("The customer used 1,000 units in 3 requests");
    await supporter.click("link", "Add units…");
    await repair(supporter, subjectRef, "Add 200 units", { Units: "200" });
    const { body } = await api.get<{ usage_remaining: number }>(`/v1/customer/access/${subjectRef}`);
    expect(body.usage_remaining).toBe(200);
  });

  it("support adds to the included units of a month that are used (credits gone unexpectedly)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_allowance_used";
    const consume = (key: string) => api.consume(subjectRef, 50, `${input}-${key}`);
    expect((await consume("refused")).status).toBe(409);
    await supporter.paste((await findCheckout(subjectRef)).subscription ?? "");
    // The subscription decides about access, not its units.
    await expectAccess(subjectRef, true);
    const cause = await supporter.cause();
    expect(cause).toContain("Included units used up");
    expect(cause).toMatch(/The next 1,000 come in (\d+ days|1 month)/);
    await supporter.click("link", "Add units…");
    await supporter.fill({ ...reasonFields, Units: "200" });
    await supporter.click("button", "Add 200 units");
    await page.locator(".result").waitFor();
    await expectInView(".result");
    expect((await consume("after")).body).toMatchObject({ ok: true, usage_remaining: 150 });
    await expectAccess(subjectRef, true);
    expect(supporter.actions).toBeLessThanOrEqual(maxActionsToRepair);
  });

  it("support grants access for an unpaid renewal when given its subscription (manual recovery)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_past_due";
    await supporter.paste((await findCheckout(subjectRef)).subscription ?? "");
    await expectAccess(subjectRef, false);
    expect(await supporter.cause()).toContain("Renewal failed");
    await supporter.click("link", "Grant access…");
    expect(await page.getByLabel("Product", { exact: true }).inputValue()).toBe("PRO_MONTHLY");
    await repair(supporter, subjectRef, "Grant Pro, monthly", { "Last day": "2030-12-31" });
  });

  it("support lifts a dispute hold when given the payment id (manual recovery)", async () => {
    const supporter = await newTicket();
    const subjectRef = "user_disputed";
    await supporter.paste((await findCheckout(subjectRef)).payment_intent ?? "");
    await expectAccess(subjectRef, false);
    expect(await supporter.cause()).toContain("Payment disputed");
    await supporter.click("link", "Lift hold…");
    await repair(supporter, subjectRef, "Lift hold");
  });

  it.runIf(input === "keyboard")(
    "support finds a customer, grants after a preview and undoes it",
    async () => {
      const supporter = await newTicket();
      const subjectRef = "user_paid";
      const before = (await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"];
      await supporter.paste(subjectRef);
      await tabTo(page, "Grant access");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await tabTo(page, "Units (optional)");
      await page.keyboard.type("50");
      await tabTo(page, "Note");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("Ticket 4472");
      await page.getByRole("button", { name: "Grant 50 units" }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByText("Granted 50 units of 1,000 credits.").waitFor();
      const granted = (await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"];
      expect(granted).toBe(Number(before) + 50);
      await expectAccess(subjectRef, true);

      await tabTo(page, "Undo change");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await tabTo(page, "Note");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("Wrong customer");
      await page.getByRole("button", { name: "Undo change" }).waitFor();
      await page.keyboard.press("Enter");
      await page.getByText("Undid #").waitFor();
      expect((await api.get(`/v1/customer/access/${subjectRef}`)).body["usage_remaining"]).toBe(before);
      await expectAccess(subjectRef, true);
      expect(await page.getByRole("link", { name: /^Undo change #/ }).count()).toBe(0);
    },
  );
});
