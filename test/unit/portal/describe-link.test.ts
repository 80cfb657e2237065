import { describe, expect, it } from "vitest";
import type { DenialReason, EntitlementKind } from "../../../shared/contract/enums.ts";
import { listRecoverySteps } from "../../../shared/domain/recovery.ts";
import type { RecoveryFacts } from "../../../workers/portal/db/recovery-facts.ts";
import { describeLink } from "../../../workers/portal/pages/customer/recovery-link/describe.ts";

type Product = { name: string; sellInstead?: string; isArchived?: boolean };

const facts = (
  products: Record<string, Product>,
  change: Partial<Omit<RecoveryFacts, "products">> = {},
): RecoveryFacts => ({
  products: new Map(
    Object.entries(products).map(([productCode, { name, sellInstead = null, isArchived = false }]) => [
      productCode,
      { productCode, name, sellInstead, archivedAt: isArchived ? 1 : null },
    ]),
  ),
  hasSuccessUrl: true,
  isConnected: true,
  ...change,
});

const preview = (reason: DenialReason, kind: EntitlementKind | null, known: RecoveryFacts, code = "PACK") =>
  describeLink(listRecoverySteps(reason, kind), kind === null ? null : code, known);

describe("the preview of a recovery link", () => {
  it.each<[string, Record<string, Product>, string | null]>([
    ["the same product again", { PACK: { name: "Pack" } }, "Buy Pack in a checkout."],
    [
      "the product that it names",
      { PACK: { name: "Pack", sellInstead: "PRO" }, PRO: { name: "Pro" } },
      "Buy Pro in a checkout.",
    ],
    [
      "itself where the named one is archived",
      { PACK: { name: "Pack", sellInstead: "PRO" }, PRO: { name: "Pro", isArchived: true } },
      "Buy Pack in a checkout.",
    ],
    [
      "another one for an archived product",
      { PACK: { name: "Pack", isArchived: true, sellInstead: "PRO" }, PRO: { name: "Pro" } },
      "Buy Pro in a checkout.",
    ],
    ["nothing where all are archived", { PACK: { name: "Pack", isArchived: true } }, null],
    ["nothing without a product", {}, null],
  ])("sells %s", (_, products, text) => {
    const { next, problem } = preview("usage_exhausted", "usage_pack", facts(products));
    if (text === null) {
      expect(next).toEqual({ at: "licenzy", page: "contact_support" });
      expect(problem?.path).toBe("/products");
    } else {
      expect(next).toEqual({ at: "stripe", text });
      expect(problem).toBeNull();
    }
  });

  it("names the fallback of a past due subscription", () => {
    const { next } = preview("payment_past_due", "subscription", facts({}));
    expect(next).toEqual({
      at: "stripe",
      text: "Pay the open invoice. If there is none: update the payment method.",
    });
  });

  it("names what keeps the link from working, the connection first", () => {
    const products = { PACK: { name: "Pack" } };
    const problemOf = (change: Partial<RecoveryFacts>) =>
      preview("usage_exhausted", "usage_pack", facts(products, change)).problem?.path;
    expect(problemOf({ hasSuccessUrl: false })).toBe("/settings");
    expect(problemOf({ hasSuccessUrl: false, isConnected: false })).toBe("/stripe");
    // The invoice's page needs no success URL.
    const pastDue = preview("payment_past_due", "subscription", facts({}, { hasSuccessUrl: false }));
    expect(pastDue.problem).toBeNull();
  });

  it.each<[DenialReason, string]>([
    ["payment_disputed", "contact_support"],
    ["revoked", "contact_support"],
    ["not_started", "wait"],
  ])("leads to a page of Licenzy for %s", (reason, page) => {
    expect(preview(reason, "time_pass", facts({})).next).toEqual({ at: "licenzy", page });
  });
});
