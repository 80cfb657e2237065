import { jsx } from "hono/jsx";
import { expect, it } from "vitest";
import type { EntitlementExplained } from "../../../shared/contract/operations/customer-views.ts";
import type { CustomerPage } from "../../../workers/portal/pages/customer/load.ts";
import { Facts } from "../../../workers/portal/pages/customer/sections/facts.tsx";
import type { PortalContext } from "../../../workers/portal/request-context.ts";
import { customer, entitlement, noon } from "./customers.ts";

const day = 24 * 3_600_000;

/** The parts of a request that the facts read. */
const context = {
  get: () => noon,
  env: {},
  req: { url: "https://licenzy.example/", raw: new Request("https://licenzy.example/") },
} as unknown as PortalContext;

function renewalOf(change: Partial<EntitlementExplained>): string {
  const subscription = entitlement({ kind: "subscription", status: "active", usable: true, ...change });
  const page = {
    customer: customer({ entitlements: [subscription] }),
    lists: { productNames: new Map(), subject: null },
    profile: null,
  } as unknown as CustomerPage;
  const html = String(jsx(Facts, { c: context, page }));
  return (
    /<dt>(Renews|Ends|Cancels)<\/dt><dd[^>]*>(.*?)<\/dd>/
      .exec(html)
      ?.slice(1)
      .join(" ")
      .replace(/<[^>]*>/g, "") ?? ""
  );
}

it("a subscription that an operator granted ends, and does not renew", () => {
  const end = noon + 3 * day + 1;
  expect(renewalOf({ expiresAt: end, currentPeriodEnd: null })).toBe("Ends in 3 days");
  expect(renewalOf({ expiresAt: null, currentPeriodEnd: end })).toBe("Renews in 3 days");
  expect(renewalOf({ expiresAt: null, currentPeriodEnd: end, cancelAtPeriodEnd: true })).toBe(
    "Cancels in 3 days",
  );
  expect(renewalOf({ expiresAt: null, currentPeriodEnd: null })).toBe("Renews No expiry");
});
