import { describe, expect, it } from "vitest";
import { decideStripe, type SubjectFact } from "./decide-stripe.ts";
import { dayMs, type Entitlement } from "./entitlement.ts";
import { decideExpire } from "./expire.ts";
import type { PurchaseFact } from "./grant-purchase.ts";
import { applyEntry, emptyState, type SubjectState } from "./ledger.ts";

const begun = 10 * dayMs;
const succeeded = 13 * dayMs;

const purchase = (
  kind: "usage_pack" | "time_pass",
  paidAt: number,
  from: PurchaseFact["paidAtFrom"],
): PurchaseFact => ({
  type: "purchase",
  terms: {
    kind,
    productCode: "PRODUCT",
    units: kind === "usage_pack" ? 100 : null,
    durationDays: kind === "time_pass" ? 5 : null,
    expiresAfterDays: kind === "usage_pack" ? 30 : null,
  },
  paidAt,
  paidAtFrom: from,
  purchase: {
    attemptId: "att_1",
    checkoutSessionId: "cs_1",
    paymentIntentId: "pi_1",
    subscriptionId: null,
    customerId: null,
    amountTotal: 4_900,
    currency: "eur",
    metadata: {},
  },
});

const refund = (status: "succeeded" | "failed", version: number): SubjectFact => ({
  type: "refund",
  paymentIntentId: "pi_1",
  invoice: null,
  refund: { id: "re_1", amount: 4_900, currency: "eur", status, createdAt: 14 * dayMs, version },
});

/** Merges the facts. `expiry` records what expired by now. */
function merge(facts: (SubjectFact | "expiry")[], now = 15 * dayMs) {
  let state: SubjectState = emptyState;
  const context = { graceDays: 0, deriveEntitlementId: (source: string) => source };
  for (const fact of facts) {
    if (fact === "expiry") {
      const draft = decideExpire(state.entitlements, now);
      if (draft !== null) state = applyEntry(state, draft);
      continue;
    }
    const decision = decideStripe(state, fact, { type: "clock" }, context, now);
    if (decision.outcome === "change") state = applyEntry(state, decision.draft);
  }
  const merged = state.entitlements.get("cs_1");
  if (merged === undefined) throw new Error("nothing was granted");
  return merged;
}

describe("grantPurchase", () => {
  it.each(["usage_pack", "time_pass"] as const)(
    "a %s gets the time of its payment's event in any order of read, event and undone refund",
    (kind) => {
      const read = purchase(kind, begun, "read");
      const event = purchase(kind, succeeded, "event");
      const [refunded, undone] = [refund("succeeded", 14 * dayMs), refund("failed", 15 * dayMs)];
      const expected = merge([event]);
      expect(expected).toMatchObject({ paidAt: succeeded, status: "active" });
      for (const facts of [
        [read, event, refunded, undone],
        [read, refunded, event, undone],
        [read, refunded, undone, event],
        [refunded, read, event, undone],
      ])
        expect(merge(facts)).toEqual(expected);
    },
  );

  it("a read after the event changes nothing", () => {
    const event = purchase("usage_pack", succeeded, "event");
    expect(merge([event, purchase("usage_pack", begun, "read")])).toEqual(merge([event]));
  });

  const kinds = ["usage_pack", "time_pass"] as const;

  describe.each(kinds)("a %s with an estimated time that differs from the time of its event", (kind) => {
    const event = purchase(kind, succeeded, "event");
    const read = purchase(kind, succeeded - 1_000, "read");
    const [early, late] = [purchase(kind, begun, "estimate"), purchase(kind, 14 * dayMs, "estimate")];
    const [refunded, undone] = [refund("succeeded", 14 * dayMs), refund("failed", 15 * dayMs)];
    const length = kind === "usage_pack" ? 30 : 5;

    it.each([
      ["between both ends", begun + length * dayMs + 1],
      ["after both ends", succeeded + 60 * dayMs],
    ])("ends in the same state in any order of read, event and expiry, %s", (_, now) => {
      for (const others of [[], [refunded], [refunded, undone]]) {
        const expected = withoutWriteTimes(merge([event, ...others, "expiry"], now));
        for (const before of [[early], [late], [late, early], [read], [early, read], [late, read, early]])
          for (const facts of [
            [...before, event, ...others, "expiry"],
            [...before, "expiry", event, ...others, "expiry"],
            [...before, "expiry", ...others, event, "expiry"],
            [...before, ...others, "expiry", event, "expiry"],
            [...others, ...before, "expiry", event, "expiry", ...before],
            [event, "expiry", ...before, ...others, "expiry"],
          ] satisfies (SubjectFact | "expiry")[][])
            expect(withoutWriteTimes(merge(facts, now))).toEqual(expected);
      }
    });

    it("a read of the payment's time corrects an estimate, and the earlier of two estimates counts", () => {
      expect(merge([early, "expiry", read])?.paidAt).toBe(read.paidAt);
      expect(merge([read, early])?.paidAt).toBe(read.paidAt);
      expect(merge([late, early])).toEqual(merge([early, late]));
    });
  });

  it("a pack that expired too early gets back exactly the units that were left", () => {
    const event = purchase("usage_pack", succeeded, "event");
    const now = begun + 30 * dayMs + 1;
    const pack = merge([purchase("usage_pack", begun, "estimate"), "expiry", event], now);
    expect(pack).toMatchObject({ status: "active", unitsRemaining: 100 });
    expect(pack).not.toHaveProperty("unitsExpired");
  });
});

const withoutWriteTimes = ({ createdAt: _, updatedAt: __, ...entitlement }: Entitlement) => entitlement;
