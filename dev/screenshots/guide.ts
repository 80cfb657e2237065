import type { Page } from "playwright-core";
import { ApiClient } from "../seed/api-client.ts";
import type { StackFile } from "../seed/stack-file.ts";

type Shoot = (page: Page, name: string) => Promise<void>;

/**
 * Takes the pictures of docs-site/pages/support: each playbook as the guide describes it, on its seeded subject. Changes
 * those subjects.
 */
export async function shootGuide(page: Page, file: StackFile, shoot: Shoot): Promise<void> {
  const customers = `/p/${file.project_id}/test/customers`;
  const open = (subjectRef: string, query = "") => page.goto(`${customers}/${subjectRef}${query}`);
  const api = new ApiClient(file.origin, file.test_key);

  await page.goto(customers);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("user_");
  await page.getByRole("option", { name: "user_paid" }).first().waitFor();
  await shoot(page, "search");

  await open("user_paid_but_waiting");
  await shoot(page, "paid-cause");
  await begin(page, "Sync from Stripe…", "Ticket 4471: paid at noon, still locked out");
  await shoot(page, "paid-preview");
  await finish(page, "Apply 1 change");
  await shoot(page, "paid-after");

  await open("user_dead_delivery");
  await shoot(page, "delivery-cause");
  await page.getByRole("button", { name: "Retry delivery" }).click();
  await page.getByText("Delivery queued for retry.").waitFor();
  await untilDelivered(page);
  await shoot(page, "delivery-after");

  await open("user_refunded");
  await shoot(page, "refund-cause");
  await begin(page, "Grant access…", "Ticket 4480: refunded the wrong order");
  await shoot(page, "refund-preview");
  await finish(page, "Grant 1,000 units");
  await shoot(page, "refund-after");

  const refused = await api.check("user_out_of_credits");
  await open("user_out_of_credits", `?as_of=${refused.headers.get("Licenzy-Decision")}`);
  await shoot(page, "credits-cause");
  await page.getByRole("link", { name: "Back to now" }).first().click();
  await page.getByRole("link", { name: "View usage" }).click();
  await shoot(page, "credits-uses");
  await page.getByRole("link", { name: "Add units…" }).click();
  await page.getByRole("dialog").getByLabel("Units").fill("200");
  await preview(page, "Ticket 4493: a loop in our importer spent them");
  await shoot(page, "credits-preview");
  await finish(page, "Add 200 units");
  await shoot(page, "credits-after");

  await open("user_past_due");
  await shoot(page, "recovery-cause");
  await page.getByRole("link", { name: "Grant access…" }).click();
  await page.getByRole("dialog").getByLabel("Last day").fill("2030-12-31");
  await shoot(page, "recovery-form");
  await preview(page, "Ticket 4502: waiting for a new card");
  await shoot(page, "recovery-preview");
  await finish(page, "Grant Pro, monthly");
  await shoot(page, "recovery-after");
  await open("user_disputed");
  await shoot(page, "recovery-dispute");
  await moved(page, api, () => open("user_paid"));
  await shoot(page, "moved");
}

async function begin(page: Page, action: string, words: string): Promise<void> {
  await page.getByRole("link", { name: action }).click();
  await preview(page, words);
}

async function preview(page: Page, words: string): Promise<void> {
  await page.getByRole("dialog").getByLabel("Note").fill(words);
  await page.keyboard.press("Enter");
  await page.getByText("Not applied yet").waitFor();
}

async function finish(page: Page, button: string): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  await page.locator(".flash, .result").waitFor();
}

/** The customer spends while the operator looks at a preview of setting the balance. */
async function moved(page: Page, api: ApiClient, open: () => Promise<unknown>): Promise<void> {
  await open();
  await page.getByRole("link", { name: "Adjust units of CREDITS_1000" }).click();
  await page.getByRole("radio", { name: /^Set/ }).check();
  await page.getByRole("dialog").getByLabel("Units").fill("500");
  await preview(page, "Ticket 4510: agreed on 500");
  await api.consume("user_paid", 30, "during-preview");
  await page.getByRole("button", { name: "Set 500 units" }).click();
  await page.getByText("This customer changed while you were reviewing.").waitFor();
}

const patienceMs = 10_000;

async function untilDelivered(page: Page): Promise<void> {
  const patientUntil = Date.now() + patienceMs;
  while (!(await page.locator("#diagnosis").innerText()).includes("No issues found")) {
    if (Date.now() > patientUntil) throw new Error("the delivery was not taken");
    await page.reload();
  }
  await page.evaluate("scrollTo(0, 0)");
}
