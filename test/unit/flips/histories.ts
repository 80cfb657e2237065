import fc from "fast-check";
import type { Entitlement, Hold } from "../../../shared/domain/entitlement.ts";
import type { LedgerEntry } from "../../../shared/domain/ledger.ts";
import { entitlement } from "../entitlements.ts";

/** What the rules of flips read of an entry. */
export type HistoryEntry = Pick<LedgerEntry, "sequence" | "at" | "operation" | "touched">;

/** So short that the moments of several entries and entitlements often coincide. */
export const span = 24;

const moment = fc.nat({ max: span });
const maybe = fc.oneof(moment, fc.constant(null));

const hold: fc.Arbitrary<Hold> = fc.record({
  causeId: fc.constant("re_1"),
  reason: fc.constantFrom("dispute" as const, "refund" as const),
  placedAt: fc.constant(0),
  window: fc.record({ from: maybe, until: maybe }),
  liftedAt: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: moment }),
});

const olderHold: fc.Arbitrary<Hold> = fc.record({
  causeId: fc.constant("dp_1"),
  reason: fc.constant("dispute"),
  placedAt: fc.constant(0),
  periodEnd: maybe,
  liftedAt: fc.constant(null),
});

const rare = <T>(value: T, usual: T) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(value) });

/** Any entitlement, also such as no purchase leads to. */
const anyEntitlement: fc.Arbitrary<Entitlement> = fc
  .record({
    entitlementId: fc.constantFrom("ent_1", "ent_2", "ent_3"),
    kind: fc.constantFrom("subscription" as const, "time_pass" as const, "usage_pack" as const),
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom("active" as const, "past_due" as const) },
      { weight: 1, arbitrary: fc.constantFrom("paused" as const, "canceled" as const, "expired" as const) },
    ),
    statusReason: rare<Entitlement["statusReason"]>("subscription_incomplete", null),
    startsAt: maybe,
    expiresAt: maybe,
    graceUntil: maybe,
    coveredUntil: fc.oneof(maybe, fc.constant(undefined)),
    paidThrough: maybe,
    unitsRemaining: fc.constantFrom(0, 1, 5),
    holds: fc.array(fc.oneof({ weight: 3, arbitrary: hold }, { weight: 1, arbitrary: olderHold }), {
      maxLength: 2,
    }),
  })
  .map(({ coveredUntil, unitsRemaining, kind, ...rest }) => ({
    ...entitlement({ kind }),
    ...rest,
    unitsRemaining: kind === "usage_pack" ? unitsRemaining : null,
    ...(coveredUntil === undefined ? {} : { coveredUntil }),
  }));

const entry = fc.record({
  operation: fc.constantFrom("grant" as const, "subscription" as const),
  touched: fc.array(
    anyEntitlement.map((after) => ({ entitlement: after, units: [] })),
    { minLength: 1, maxLength: 2 },
  ),
});

/** Units of one pack are spent: the entitlement changes in nothing else. */
interface Spent {
  operation: "consume";
  pack: number;
}
const spent: fc.Arbitrary<Spent> = fc.record({
  operation: fc.constant("consume"),
  pack: fc.nat({ max: 2 }),
});

/** Random entries of one customer at random times within `span` ms, several of them in one millisecond. */
export const anyHistory: fc.Arbitrary<HistoryEntry[]> = fc
  .array(fc.record({ at: moment, change: fc.oneof(entry, spent) }), { maxLength: 8, size: "max" })
  .map((changes) => {
    const packs = new Map<string, Entitlement>();
    const entries: HistoryEntry[] = [];
    for (const { at, change } of changes.toSorted((a, b) => a.at - b.at)) {
      const { operation } = change;
      const touched = "pack" in change ? spend(packs, change) : change.touched;
      for (const { entitlement: after } of touched) packs.set(after.entitlementId, after);
      if (touched.length > 0) entries.push({ sequence: entries.length + 1, at, operation, touched });
    }
    return entries;
  });

function spend(entitlements: ReadonlyMap<string, Entitlement>, { pack }: Spent): HistoryEntry["touched"] {
  const packs = [...entitlements.values()].filter(({ unitsRemaining }) => (unitsRemaining ?? 0) > 0);
  const chosen = packs[pack % Math.max(1, packs.length)];
  if (chosen === undefined) return [];
  return [{ entitlement: { ...chosen, unitsRemaining: (chosen.unitsRemaining ?? 0) - 1 }, units: [] }];
}
