import { expect, it } from "vitest";
import type { ProductListReply } from "../../shared/contract/products.ts";
import { newOperator } from "./operators.ts";
import { purchase } from "./stripe-world.ts";
import { newWorld } from "./world.ts";

it("units that an operator includes in a subscription are granted with its payment, and are its own lot", async () => {
  const world = await newWorld();
  const admin = await newOperator("admin", world.accountId);
  const product = `/p/${world.projectId}/test/products/PRO_MONTHLY`;
  const form = {
    terms_version: "0",
    included_units: "1000",
    every: "month",
    rollover_windows: "1",
    rollover_max: "",
    in_trial: "",
    from: "",
  };
  const preview = await admin.portal.post(`${product}/allowance`, form);
  expect(preview.html).toContain("gets 1,000 units that day");
  expect(preview.html).toContain("0 customers have this subscription");
  const confirmed = { ...form, confirmed: "yes" };
  expect((await admin.portal.post(`${product}/allowance`, confirmed)).status).toBe(303);
  // The same form again is an edit of an older version.
  expect((await admin.portal.post(`${product}/allowance`, confirmed)).status).toBe(409);
  expect((await admin.portal.get(product)).html).toContain("1,000 a month");

  await purchase(world, "reader", "PRO_MONTHLY");
  interface Reply {
    usage_remaining: number;
    entitlements: { entitlement_id: string; kind: string; included_in: string | null }[];
  }
  const { body } = await world.api.get<Reply>("/v1/customer/access/reader");
  const subscription = body.entitlements.find(({ kind }) => kind === "subscription");
  const lot = body.entitlements.find(({ kind }) => kind === "usage_pack");
  expect(body.usage_remaining).toBe(1_000);
  expect([subscription?.included_in, lot?.included_in]).toEqual([null, subscription?.entitlement_id]);

  const page = await admin.portal.get(`/p/${world.projectId}/test/customers/reader`);
  expect(page.html).toContain("Included in <a");
  expect(page.html).toMatch(/Next 1,000 on \d+ \w+/);
  expect(page.html).toContain("1 of 1 give access");
  expect(page.html).not.toMatch(/allowance_(began|terms)/);
  await world.api.post(
    "/v1/usage/consume",
    { subject_ref: "reader", units: 1_000 },
    { "Idempotency-Key": "all" },
  );
  const used = await admin.portal.get(`/p/${world.projectId}/test/customers/reader`);
  expect(used.html).toContain("Included units used up");
  expect(used.html).toMatch(/The next 1,000 come in (\d+ days|1 month), when the renewal is paid/);
});

it("GET /v1/products lists active products of the key's project, with what they include and without an amount", async () => {
  const world = await newWorld();
  const admin = await newOperator("admin", world.accountId);
  const products = `/p/${world.projectId}/test/products`;
  const terms = { every: "period", rollover_windows: "0", rollover_max: "", in_trial: "50", from: "" };
  const form = { terms_version: "0", included_units: "1000", ...terms, confirmed: "yes" };
  expect((await admin.portal.post(`${products}/PRO_MONTHLY/allowance`, form)).status).toBe(303);
  const nothing = { units: null, duration_days: null, expires_after_days: null, included_units: null };
  const credits = { product_code: "CREDITS_1000", kind: "usage_pack", ...nothing, units: 1_000 };
  const pass = { product_code: "DAY_PASS", kind: "time_pass", ...nothing, duration_days: 1 };
  const included = { units: 1_000, every: "period", rollover_windows: 0, rollover_max: null, in_trial: 50 };
  const pro = { product_code: "PRO_MONTHLY", kind: "subscription", ...nothing, included_units: included };
  const list = async (query = "") => (await world.api.get<ProductListReply>(`/v1/products${query}`)).body;
  const { products: all, has_more } = await list();
  expect(all).toMatchObject([credits, pass, { ...pro, name: "Pro", stripe_price_id: world.prices.pro }]);
  expect([has_more, JSON.stringify(all).includes("amount")]).toEqual([false, false]);
  expect(await list("?limit=2")).toMatchObject({ products: [credits, pass], has_more: true });
  expect(await list("?limit=2&starting_after=DAY_PASS")).toMatchObject({ products: [pro], has_more: false });

  await admin.portal.submit(`${products}/DAY_PASS/archive`);
  expect((await list()).products.map((each) => each.product_code)).toEqual(["CREDITS_1000", "PRO_MONTHLY"]);
});
