import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { entitlement } from "../../test/unit/entitlements.ts";
import { type AuditClass, auditClasses } from "../contract/operations/access-audits.ts";
import { type AccessComparison, type AuditEvidence, classifyFinding, compareAccess } from "./access-audit.ts";
import type { Entitlement, Hold } from "./entitlement.ts";
import type { SubjectState } from "./ledger.ts";
import type { Observation } from "./stripe-record.ts";

const now = 1_000_000;

const same: AccessComparison = {
  allowed: true,
  reason: null,
  allowedAfter: true,
  gains: [],
  loses: [],
  operator: null,
};
const gains: AccessComparison = { ...same, allowed: false, reason: "no_entitlement", gains: ["PRO"] };
const loses: AccessComparison = { ...same, allowedAfter: false, loses: ["PRO"] };

const evidence = (change: Partial<AuditEvidence>): AuditEvidence => ({
  isErased: false,
  owner: "linked",
  isOpen: true,
  hasUnknownPrice: false,
  comparison: same,
  app: null,
  ...change,
});

describe("classifyFinding", () => {
  it.each<[string, Partial<AuditEvidence>, AuditClass]>([
    ["Stripe and the ledger agree", {}, "agrees"],
    ["Stripe has it paid, the ledger does not", { comparison: gains }, "paid_but_denied"],
    ["the ledger gives what Stripe has not paid", { comparison: loses }, "allowed_but_unpaid"],
    [
      "a change of plan opens one product and closes another",
      { comparison: { ...gains, loses: ["OLD"] } },
      "paid_but_denied",
    ],
    ["the mapping names the customer", { owner: "named", comparison: gains }, "not_imported"],
    ["the mapping names the customer of something over", { owner: "named", isOpen: false }, "agrees"],
    ["no mapping names the customer", { owner: "none", comparison: null }, "unmapped"],
    ["something over has no customer", { owner: "none", isOpen: false, comparison: null }, "agrees"],
    ["a price belongs to no product", { hasUnknownPrice: true }, "unknown_price"],
    [
      "a price of a named customer belongs to no product",
      { owner: "named", hasUnknownPrice: true },
      "unknown_price",
    ],
    ["an unknown customer has an unknown price", { owner: "none", hasUnknownPrice: true }, "unmapped"],
    ["the customer was erased", { isErased: true, owner: "none", hasUnknownPrice: true }, "erased"],
    ["an operator granted it", { comparison: { ...same, operator: "granted" } }, "by_operator"],
    [
      "an operator revoked one product, and another is missing",
      { comparison: { ...gains, operator: "revoked" } },
      "paid_but_denied",
    ],
    ["the app denies what is paid", { app: { allowed: false } }, "paid_but_denied"],
    [
      "the app allows what is not paid",
      { comparison: { ...same, allowed: false, allowedAfter: false }, app: { allowed: true } },
      "allowed_but_unpaid",
    ],
    ["the app agrees", { app: { allowed: true } }, "agrees"],
  ])("%s", (_, change, expected) => {
    expect(classifyFinding(evidence(change))).toBe(expected);
  });

  const comparison = fc.record({
    allowed: fc.boolean(),
    reason: fc.constant(null),
    allowedAfter: fc.boolean(),
    gains: fc.subarray(["A", "B"]),
    loses: fc.subarray(["C", "D"]),
    operator: fc.constantFrom("granted", "revoked", "lifted_hold", null),
  });
  const anyEvidence = fc.record({
    isErased: fc.boolean(),
    owner: fc.constantFrom("linked", "named", "none"),
    isOpen: fc.boolean(),
    hasUnknownPrice: fc.boolean(),
    comparison: fc.option(comparison),
    app: fc.option(fc.record({ allowed: fc.boolean() })),
  });

  it("names a paying customer without access whenever one is linked, whatever else is so", () => {
    fc.assert(
      fc.property(anyEvidence, (given) => {
        const found = classifyFinding(given);
        expect(auditClasses).toContain(found);
        const isMissing = (given.comparison?.gains.length ?? 0) > 0;
        const isLinked =
          !given.isErased && given.owner === "linked" && !(given.isOpen && given.hasUnknownPrice);
        if (isLinked && isMissing) expect(found).toBe("paid_but_denied");
        if (found === "agrees" && isLinked)
          expect([given.comparison?.gains ?? [], given.comparison?.loses ?? []]).toEqual([[], []]);
        if (given.owner !== "linked") expect(found).not.toMatch(/denied|unpaid|by_operator/);
      }),
    );
  });
});

const state = (...all: Entitlement[]): SubjectState =>
  ({
    entitlements: new Map(all.map((each) => [each.entitlementId, each])),
    records: new Map(),
    reservations: new Map(),
  }) as SubjectState;

const pack = (change: Partial<Entitlement> = {}) =>
  entitlement({ kind: "usage_pack", unitsRemaining: 10, productCode: "PACK", ...change });
const included = (change: Partial<Entitlement> = {}) =>
  pack({ entitlementId: "ent_lot", productCode: "PRODUCT", includedIn: "ent_1", ...change });
const hold: Hold = {
  causeId: "pi_1",
  reason: "refund",
  placedAt: 1,
  window: { from: null, until: null },
  liftedAt: null,
};

describe("compareAccess", () => {
  it("finds nothing between equal states", () => {
    const present = state(
      pack(),
      pack({ entitlementId: "ent_2", status: "canceled", statusReason: "refunded" }),
    );
    expect(compareAccess(present, present, now)).toEqual(same);
  });

  it("finds a missing purchase, also a pass that waits behind another one", () => {
    const pass = entitlement({
      kind: "time_pass",
      productCode: "PASS",
      startsAt: now + 1,
      expiresAt: now + 2,
    });
    expect(compareAccess(state(), state(pack()), now)).toMatchObject({
      gains: ["PACK"],
      reason: "no_entitlement",
    });
    expect(compareAccess(state(), state(pass), now).gains).toEqual(["PASS"]);
  });

  it("finds what the merge takes away, by product", () => {
    const refunded = pack({ status: "canceled", statusReason: "refunded" });
    const other = entitlement({ kind: "subscription", entitlementId: "ent_2", productCode: "PRO" });
    const found = compareAccess(state(pack(), other), state(refunded, other), now);
    expect(found).toMatchObject({ allowed: true, allowedAfter: true, loses: ["PACK"] });
  });

  it("finds no gain in a missing purchase that gives nothing any more", () => {
    const over = entitlement({ kind: "time_pass", productCode: "PASS", startsAt: 0, expiresAt: now });
    expect(compareAccess(state(), state(over), now).gains).toEqual([]);
  });

  it.each<[string, SubjectState, AccessComparison["operator"]]>([
    ["a grant alone", state(pack({ source: "portal" })), "granted"],
    ["a grant next to a purchase", state(pack(), pack({ entitlementId: "ent_2", source: "portal" })), null],
    [
      "a grant next to units of a subscription that has ended",
      state(pack({ source: "portal" }), included({ includedIn: "ent_ended" })),
      "granted",
    ],
    ["a revoked pack", state(pack({ status: "canceled", statusReason: "revoked" })), "revoked"],
    [
      "a revoked pack after its expiry",
      state(pack({ status: "canceled", statusReason: "revoked", expiresAt: now })),
      null,
    ],
    [
      "a revoked pack, and another of the product",
      state(pack({ status: "canceled", statusReason: "revoked" }), pack({ entitlementId: "ent_2" })),
      null,
    ],
    ["a lifted hold", state(pack({ holds: [{ ...hold, liftedAt: 5 }] })), "lifted_hold"],
    ["a hold", state(pack({ holds: [hold] })), null],
  ])("explains %s", (_, present, operator) => {
    expect(compareAccess(present, present, now).operator).toBe(operator);
  });

  it("explains a revoked subscription only while Stripe has it paid", () => {
    const revoked = entitlement({
      kind: "subscription",
      status: "canceled",
      statusReason: "revoked",
      purchase: { subscriptionId: "sub_1" } as Entitlement["purchase"],
    });
    const withStatus = (status: Observation["status"]): SubjectState => ({
      ...state(revoked, included()),
      records: new Map([
        ["sub_1", { type: "subscription", recordId: "sub_1", observations: [{ status }] }],
      ]) as unknown as SubjectState["records"],
    });
    expect(compareAccess(withStatus("active"), withStatus("active"), now).operator).toBe("revoked");
    expect(compareAccess(withStatus("past_due"), withStatus("past_due"), now).operator).toBeNull();
  });
});
