import type { Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { provision } from "../../dev/seed/provision.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import {
  chromiumPath,
  expectAccessible,
  openPage,
  openPortalBrowser,
  type PortalBrowser,
  signIn,
} from "./portal-browser.ts";

const customers = 200;
const atOnce = 10;
/** From the list to all 200 granted, and back. */
const maxActions = 8;
const jobMs = 120_000;

const refOf = (index: number) => `outage_${String(index).padStart(3, "0")}`;

const onePack = {
  actionId: "before_the_outage",
  action: {
    type: "grant",
    productCode: "CREDITS_1000",
    kind: "usage_pack",
    units: 1,
    durationDays: null,
    expiresAt: null,
  },
  fingerprint: null,
  actor: { operatorId: "opr_seed", name: "Seed" },
  reason: "other: before the outage",
};

/** Runs `work` for each customer, a few at a time. Returns the results in order. */
async function forEachCustomer<T>(work: (ref: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let start = 0; start < customers; start += atOnce) {
    const refs = Array.from({ length: atOnce }, (_, index) => refOf(start + index));
    results.push(...(await Promise.all(refs.map(work))));
  }
  return results;
}

/** Repeats a request that a busy machine answers with 503, as a backend does. */
async function answered<T extends { status: number }>(send: () => Promise<T>): Promise<T> {
  let reply = await send();
  for (let tries = 1; reply.status === 503 && tries < 20; tries++) reply = await send();
  expect(reply.status).toBe(200);
  return reply;
}

describe.skipIf(chromiumPath === undefined)("actions on many customers", () => {
  let portal: PortalBrowser;
  let file: StackFile;
  let api: ApiClient;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    api = new ApiClient(origin, file.test_key);
    // Customers who have spent what they had: they have no access.
    await forEachCustomer(async (ref) => {
      await provision(origin, "act", file.project_id, "test", ref, onePack);
      await answered(() => api.consume(ref, 1, "all"));
    });
  }, 300_000);

  afterAll(() => portal?.close());

  const readAll = () => forEachCustomer(async (ref) => (await answered(() => api.check(ref))).body.allowed);

  /** The units of every entitlement that is in effect, and that every ledger adds up to its state and its copy. */
  async function readBalances() {
    const verified = await fetch(`${portal.stack.origin}/__dev/verify`);
    expect(verified.status).toBe(200);
    const balances = await forEachCustomer(async (ref) => {
      const { body } = await answered(() => api.get(`/v1/customer/access/${ref}`));
      return { units: body["usage_remaining"], access: body["has_access"] };
    });
    const { faulty } = (await verified.json()) as { faulty: unknown[] };
    return { balances, faulty };
  }

  const operator = (role: string) => file.operators.find((entry) => entry.role === role);

  const customersPath = () => `/p/${file.project_id}/test/customers`;

  /** Waits until the job's page shows it. A turn of a job may end before the job does: the crons continue it. */
  async function waitFor(awaited: Locator) {
    await expect
      .poll(
        async () => {
          await fetch(`${portal.stack.origin}/__dev/cron`, { method: "POST" });
          return awaited.isVisible();
        },
        { timeout: jobMs, interval: 1_000 },
      )
      .toBe(true);
  }

  it(
    "200 customers are granted after an outage and undone as a whole, in eight actions",
    async () => {
      const { page, errors } = await openPage(portal);
      await signIn(page, operator("support"));
      const before = await readAll();
      expect(before).toEqual(before.map(() => false));
      const ledgersBefore = await readBalances();
      let actions = 0;
      const act = (done: Promise<unknown>) => {
        actions++;
        return done;
      };

      await page.goto(`${customersPath()}`);
      await act(page.getByRole("link", { name: "Upload a list" }).click());
      const list = Array.from({ length: customers }, (_, index) => refOf(index));
      await act(
        page.getByLabel("List of customers").fill([...list, refOf(0), "no_such_customer"].join("\n")),
      );
      await act(page.getByLabel("Product", { exact: true }).selectOption("CREDITS_1000"));
      await act(page.getByLabel("Note", { exact: true }).fill("Outage of 28 November"));
      await act(page.getByRole("button", { name: "Preview changes" }).click());
      await page.getByText("1 repeated line was counted once.").waitFor();
      await waitFor(page.getByRole("button", { name: /for 200 customers$/ }));
      expect(await page.locator(".outcome").innerText()).toBe(
        "201 customers: 200 denied → allowed, 1 unknown.",
      );
      expect(await readAll()).toEqual(before);
      await expectAccessible(page);

      await act(page.getByRole("button", { name: /^Grant .* for 200 customers$/ }).click());
      await waitFor(page.getByRole("button", { name: "Undo for 200 customers" }));
      expect(await readAll()).toEqual(before.map(() => true));

      await act(page.getByRole("button", { name: "Undo for 200 customers" }).click());
      await waitFor(page.getByRole("button", { name: /^Undo bulk action for 200/ }));
      await act(page.getByRole("button", { name: /^Undo bulk action for 200/ }).click());
      await waitFor(page.getByRole("heading", { name: "Result" }));
      await waitFor(page.locator(".pill", { hasText: "Finished" }).first());
      expect(await readAll()).toEqual(before);
      expect(await readBalances()).toEqual(ledgersBefore);
      expect(actions).toBeLessThanOrEqual(maxActions);
      expect(errors).toEqual([]);
    },
    4 * jobMs,
  );

  it(
    "customers are selected by checkbox and by filter, on a phone and without scripts",
    async () => {
      const context = await portal.browser.newContext({
        baseURL: portal.stack.origin,
        javaScriptEnabled: false,
        viewport: { width: 390, height: 840 },
      });
      const page = await context.newPage();
      await signIn(page, operator("support"));
      await page.goto(`${customersPath()}?tab=denied`);
      await page.getByLabel(`Select ${refOf(199)}`).check();
      await page.getByLabel(`Select ${refOf(198)}`).check();
      await page.getByRole("button", { name: "Act on selected" }).click();
      await page.getByRole("heading", { name: "Act on 2 customers" }).waitFor();

      await page.goto(`${customersPath()}?tab=denied`);
      const all = page.getByRole("button", { name: /^Act on all \d+$/ });
      const count = Number((await all.innerText()).replace(/\D/g, ""));
      expect(count).toBeGreaterThanOrEqual(customers);
      await all.click();
      await page.getByRole("heading", { name: `Act on ${count} customers` }).waitFor();
      await page.getByLabel("Sync from Stripe").check();
      expect(await page.getByLabel("Product", { exact: true }).isVisible()).toBe(false);
      await context.close();
    },
    jobMs,
  );

  it(
    "a file of Windows is read, and a viewer sees jobs without buttons",
    async () => {
      const { page } = await openPage(portal);
      await signIn(page, operator("support"));
      await page.goto(`/p/${file.project_id}/test/bulk/new`);
      const csv = `name;subject_ref\r\nAda;${refOf(7)}\r\n`;
      await page.getByLabel("Or upload a file").setInputFiles({
        name: "customers.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(`\uFEFF${csv}`, "utf16le"),
      });
      await page.getByLabel("Revoke access").check();
      await page.getByLabel("Note", { exact: true }).fill("A file");
      await page.getByRole("button", { name: "Preview changes" }).click();
      await waitFor(page.getByRole("link", { name: refOf(7) }));
      await waitFor(page.locator(".pill", { hasText: "Ready to start" }).first());
      const path = new URL(page.url()).pathname;

      const { page: viewing } = await openPage(portal, { width: 390, colorScheme: "dark" });
      await signIn(viewing, operator("viewer"));
      await viewing.goto(path);
      await viewing.getByText(refOf(7)).first().waitFor();
      expect(await viewing.locator("main form").count()).toBe(0);
      await expectAccessible(viewing);
      // The list counted the customers of all jobs for each of them.
      await viewing.goto(`/p/${file.project_id}/test/bulk`);
      const newest = viewing.locator("tbody tr").first().locator("td");
      expect(await newest.nth(1).innerText()).toBe("1");
      expect(await newest.nth(2).innerText()).toBe("0");
      await viewing.goto(customersPath());
      expect(await viewing.getByRole("checkbox").count()).toBe(0);
    },
    2 * jobMs,
  );
});
