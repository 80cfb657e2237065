import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orThrow } from "../../../sdk/src/index.ts";
import { TestLicenzy } from "../../../sdk/src/testing/index.ts";

const granted = 10_000;
const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);

/** What breaks: the request before it arrives, its response, or nothing. */
const faults = ["none", "request", "response"] as const;

const steps = fc.array(
  fc.record({
    what: fc.constantFrom("take", "take", "take", "settle", "wait"),
    units: fc.integer({ min: 1, max: 60 }),
    faults: fc.array(fc.constantFrom(...faults), { maxLength: 6 }),
  }),
  { maxLength: 40 },
);

describe("lease", () => {
  it("bills what was taken and gives out no more units once an operator released its reservation", async () => {
    const memory = new TestLicenzy({ products: [{ code: "CREDITS", kind: "usage_pack", units: 500 }] });
    memory.grant("user_1", "CREDITS");
    const { usage, customers } = memory.client();
    const opened = await usage.lease("user_1", 500, { eventId: "lease-1", expiresInSeconds: 600 });
    if (!opened.ok) throw new Error(opened.message);
    const { lease } = opened;
    lease.take(100);
    // The same key finds the reservation.
    const terms = { eventId: "lease-1/reserve", expiresInSeconds: 600 };
    const { reservationId } = orThrow(await usage.reserve("user_1", 500, terms));
    orThrow(await usage.release("user_1", reservationId));
    expect(await lease.settle()).toMatchObject({ ok: true, consumed: 100 });
    expect([lease.remaining, lease.take(1), await lease.close()]).toEqual([0, false, null]);
    expect(await customers.access("user_1")).toMatchObject({ usageRemaining: 400, usageReserved: 0 });
  });

  it(`every unit is settled once over any faults, and consumed + held never exceeds granted (SEED=${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (all, outlives) => {
        const memory = new TestLicenzy({
          products: [{ code: "CREDITS", kind: "usage_pack", units: granted }],
        });
        memory.grant("user_1", "CREDITS");
        const observer = memory.client();
        let script: (typeof faults)[number][] = [];
        const licenzy = memory.client({
          retries: 0,
          fetch: async (url, init) => {
            const fault = script.shift() ?? "none";
            if (fault === "request") throw new TypeError("connection refused");
            const response = await memory.fetch(url, init);
            if (fault === "response") throw new TypeError("connection reset");
            return response;
          },
        });
        const opened = await licenzy.usage.lease("user_1", 500, { expiresInSeconds: 600 });
        if (!opened.ok) throw new Error(opened.message);
        const { lease } = opened;
        let taken = 0;
        const expectBalance = async () => {
          const access = await observer.customers.access("user_1");
          if (!access.ok) throw new Error(access.message);
          const { usageRemaining, usageReserved } = access;
          const consumed = granted - usageRemaining - usageReserved;
          expect(consumed + usageReserved).toBeLessThanOrEqual(granted);
          expect(consumed).toBeLessThanOrEqual(taken);
          return { consumed, usageReserved };
        };
        for (const { what, units, faults: own } of all) {
          script = [...own];
          if (what === "take" && lease.take(units)) taken += units;
          if (what === "settle") await lease.settle();
          if (what === "wait") await expectBalance();
        }
        expect(taken).toBeLessThanOrEqual(500);
        // The reservation ends by time while the process still runs.
        if (outlives) memory.advance(601_000);
        for (let tries = 0; ; tries++) {
          const result = await lease.close();
          if (result === null || result.ok) break;
          expect(tries).toBeLessThan(20);
        }
        script = [];
        expect(await expectBalance()).toEqual({ consumed: taken, usageReserved: 0 });
      }),
      { seed, numRuns: 150 },
    );
  }, 60_000);
});
