import { expect, it } from "vitest";
import { buildEntitlement } from "../../../shared/domain/build-entitlement.ts";
import { applyClock, listClockEntries } from "../../../shared/domain/clock-entries.ts";
import { applyEntry, emptyState, type SubjectState } from "../../../shared/domain/ledger.ts";
import { countOpen, maxOpenReservations } from "../../../shared/domain/reservation.ts";
import { decideReserve } from "../../../shared/domain/reserve.ts";

/** A thousand jobs that died together end at the same moment. Each end must not cost as much as all reservations. */

const endsAt = 60_000;

/** Reserves a unit for each of `jobs`, all until the same moment. */
function reserveFor(jobs: number): SubjectState {
  const purchase = {
    kind: "usage_pack" as const,
    productCode: "CREDITS",
    source: "stripe" as const,
    purchase: null,
  };
  const pack = buildEntitlement(
    { ...purchase, entitlementId: "ent_1", unitsGranted: jobs, unitsRemaining: jobs, paidAt: 0 },
    0,
  );
  let state: SubjectState = { ...emptyState, entitlements: new Map([[pack.entitlementId, pack]]) };
  for (let job = 0; job < jobs; job++) {
    const idempotency = { endpoint: "usage/reserve" as const, key: `job-${job}`, requestHash: "" };
    const command = { type: "reserve" as const, units: 1, expiresInMs: endsAt, onExpiry: "release" as const };
    const cause = { type: "request" as const, id: "req_1" };
    const decision = decideReserve(state, { ...command, idempotency, cause }, `rsv_${job}`, 0);
    if (decision.outcome !== "change") throw new Error("refused");
    state = applyEntry(state, decision.draft);
  }
  return state;
}

/** In microseconds of this process, which other processes of the machine slow down less than the clock says. */
function fastest(work: () => void): number {
  const times = Array.from({ length: 7 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

it("1,000 reservations that end at once take at most 3 times as long as 10 times 100, held and ended", () => {
  const few = reserveFor(100);
  const many = reserveFor(maxOpenReservations);
  const end = (state: SubjectState) => expect(countOpen(applyClock(state, 0, endsAt).reservations)).toBe(0);
  const tenTimes = (work: () => void) => {
    for (let time = 0; time < 10; time++) work();
  };
  const ended = { few: fastest(() => tenTimes(() => end(few))), many: fastest(() => end(many)) };
  expect(ended.many).toBeLessThan(3 * ended.few);
  const held = {
    few: fastest(() => tenTimes(() => reserveFor(100))),
    many: fastest(() => reserveFor(maxOpenReservations)),
  };
  expect(held.many).toBeLessThan(3 * held.few);
}, 60_000);

it("the state after each end is that of its entry, and more than 1,000 ended ones are forgotten, the oldest first", () => {
  let state = reserveFor(maxOpenReservations);
  const again = reserveFor(10);
  for (const { draft, next } of listClockEntries(state, 0, endsAt)) {
    const applied = applyEntry(state, draft);
    expect([...next.entitlements]).toEqual([...applied.entitlements]);
    expect(next.reservations.size).toBe(applied.reservations.size);
    state = next;
  }
  expect(state.reservations.size).toBe(maxOpenReservations);
  const later = [...again.reservations.values()].map((each) => ({
    ...each,
    reservationId: `${each.reservationId}_later`,
    expiresAt: 2 * endsAt,
  }));
  const both = {
    ...state,
    reservations: new Map([
      ...state.reservations,
      ...later.map((each) => [each.reservationId, each] as const),
    ]),
  };
  const after = applyClock(both, endsAt, 2 * endsAt);
  expect(after.reservations.size).toBe(maxOpenReservations);
  for (const { reservationId } of later) expect(after.reservations.get(reservationId)?.status).toBe("lapsed");
});
