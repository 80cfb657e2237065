import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyClock } from "../../../shared/domain/clock-entries.ts";
import { decideAccess } from "../../../shared/domain/decision.ts";
import { applyEntry, emptyState } from "../../../shared/domain/ledger.ts";
import type { Reservation } from "../../../shared/domain/reservation.ts";
import { findValidUntil } from "../../../shared/domain/valid-until.ts";
import { entitlement } from "../entitlements.ts";
import { anyHistory, span } from "../flips/histories.ts";

describe("findValidUntil", () => {
  it("the decision stays as it is until then", () => {
    let waits = 0;
    fc.assert(
      fc.property(anyHistory, fc.nat({ max: span }), (entries, at) => {
        let state = emptyState;
        for (const { touched } of entries) state = applyEntry(state, { touched, records: [] });
        const current = applyClock(state, at, at);
        const decision = decideAccess(current.entitlements.values(), at);
        const until = findValidUntil(current, at) ?? span + 2;
        expect(until).toBeGreaterThan(at);
        if (until > at + 1) waits++;
        for (let later = at + 1; later < until; later++)
          expect(decideAccess(applyClock(state, at, later).entitlements.values(), later)).toEqual(decision);
      }),
      { numRuns: 3_000 },
    );
    expect(waits).toBeGreaterThan(100);
  });

  it("a reservation that ends can give a pack its only units back", () => {
    const pack = { ...entitlement({ kind: "usage_pack" }), unitsRemaining: 0 };
    const reservation: Reservation = {
      reservationId: "rsv_1",
      key: "job-1",
      status: "open",
      units: 5,
      lots: [{ entitlementId: pack.entitlementId, units: 5 }],
      settled: 0,
      onExpiry: "release",
      createdAt: 0,
      expiresAt: 50,
    };
    const state = {
      ...emptyState,
      entitlements: new Map([[pack.entitlementId, pack]]),
      reservations: new Map([["rsv_1", reservation]]),
    };
    expect(findValidUntil(state, 10)).toBe(50);
  });
});
