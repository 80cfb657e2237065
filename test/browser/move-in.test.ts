import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PortalClient } from "../../dev/seed/portal-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { eventually } from "../eventually.ts";
import { runCrons, sellElsewhere } from "../system/access-audits.ts";
import { advanceClock, type StripeWorld, setDelivery } from "../system/stripe-world.ts";
import { buy, newWorld } from "../system/world.ts";
import {
  chromiumPath,
  expectAccessible,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
} from "./portal-browser.ts";

const owner = {
  role: "owner",
  email: "owner@tests.example",
  password: "correct horse battery staple",
} as const;
/** More than the import takes before its pause. */
const subscribers = 21;

describe.skipIf(chromiumPath === undefined)("an owner with subscribers in Stripe", () => {
  let portal: PortalBrowser;
  let world: StripeWorld;
  let root: string;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    const project = await newWorld({ origin });
    const { id } = await project.stripe.client.accounts.retrieveCurrent();
    await new PortalClient(origin).submit("/setup", {
      token: secrets.setupToken,
      name: "Owner",
      account: "Acme",
      project: "acme",
      region: "weur",
      email: owner.email,
      password: owner.password,
    });
    await provision(origin, "moveOperator", owner.email, project.accountId, owner.role);
    world = { ...project, accountId: id };
    root = `/p/${world.projectId}/test`;
  }, 120_000);

  afterAll(() => portal?.close());

  it("moves in: mapping, report, first 20, all, shadow, cut-over", async () => {
    for (let index = 0; index < subscribers; index++)
      await sellElsewhere(world, world.prices.pro, { metadata: { user_id: `user_${index}` } });
    const { page, errors } = await openPage(portal);
    await signIn(page, owner);
    const steps = async (done: number) => {
      await page.goto(`${root}/access-audit/move-in`);
      await page.getByText(`${done} of 8 done`).waitFor();
    };
    /** Runs the sweeps until the open page, which reloads itself, has this text. */
    const shows = async (text: string) =>
      eventually(async () => {
        await runCrons(world);
        await page.reload();
        expect(await page.locator("main").innerText()).toContain(text);
      }, 90_000);
    const confirm = (name: string) =>
      page.getByRole("alertdialog").getByRole("button", { name, exact: true }).click();
    const runAudit = async () => {
      await page.goto(`${root}/access-audit`);
      await page.getByRole("button", { name: "Run access audit" }).click();
      await page.waitForURL(/access-audit\/job_/);
      await shows("Access audits / Finished");
    };

    await steps(2);
    await expectAccessible(page);
    await page.getByRole("link", { name: "Map customers", exact: true }).click();
    await page
      .getByLabel("Your customer's name is in")
      .selectOption({ label: "A metadata key of the subscription or customer" });
    await page.getByLabel("Metadata key").fill("user_id");
    await page.getByRole("button", { name: "Save audit settings" }).click();
    await page.getByText("Audit settings saved.").waitFor();
    await runAudit();
    expect((await world.api.check("user_0")).body.allowed).toBe(false);
    await expectAccessible(page);

    await page.getByRole("button", { name: `Import ${subscribers} purchases` }).click();
    await confirm(`Import ${subscribers} purchases`);
    await page.waitForURL(/access-audit\/job_/);
    await shows("20 imported, 0 failed");
    await shows("The import is on hold.");
    await page.getByRole("button", { name: "Continue import" }).click();
    await confirm("Import 1 purchase");
    await page.waitForURL(/access-audit\/job_/);
    await shows(`${subscribers} imported, 0 failed`);
    for (let index = 0; index < subscribers; index++) {
      const { status, body } = await world.api.post("/v1/access/shadow", {
        subject_ref: `user_${index}`,
        allowed: true,
      });
      expect([status, body["agrees"]]).toEqual([200, true]);
    }
    await runAudit();
    expect(await page.locator("main").innerText()).toContain("Stripe and access agree");
    await eventually(() => steps(8), 45_000);
    await page.getByText("0 paying customers without access.").waitFor();
    expect(errors).toEqual([]);
  }, 300_000);

  it("notices a silent webhook, and registers it again", async () => {
    const { page, errors } = await openPage(portal);
    await signIn(page, owner);
    await setDelivery(world, { mode: "drop" });
    await buy(world, "late_1");
    await buy(world, "late_1", "DAY_PASS");
    await buy(world, "late_2");
    for (let minutes = 0; minutes < 2; minutes++) await advanceClock(world.origin, 61);
    await runCrons(world);
    await page.goto(root);
    await page.getByText("Stripe webhook silent").first().waitFor();
    await page.getByRole("link", { name: "Check webhook" }).first().click();
    await page.getByText("Stripe webhook silent.").waitFor();
    await expectAccessible(page);
    await setDelivery(world, { mode: "normal" });
    await advanceClock(world.origin, 5);
    await page.getByRole("button", { name: "Register webhook again…" }).click();
    await page
      .getByRole("alertdialog")
      .getByRole("button", { name: /egister/ })
      .click();
    await page.getByText("The webhook is registered").waitFor();
    expect(await page.getByText("Stripe webhook silent.").count()).toBe(0);
    // The alert ends with the next minute's look.
    await advanceClock(world.origin, 61);
    await runCrons(world);
    await page.goto(root);
    expect(await page.getByText("Stripe webhook silent").count()).toBe(0);
    expect(errors).toEqual([]);
  }, 120_000);
});
