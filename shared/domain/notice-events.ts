import type { Entitlements, LedgerEntry } from "./ledger.ts";
import { buildEventData, type OutboundEventDraft, type SubjectKey } from "./outbound-event-data.ts";
import type { Notice } from "./signal-settings.ts";

/**
 * Builds the event of a notice. `entry` is the one that caused it; `sequence` the last entry at that moment. Of what time
 * alone caused, `entry` is `null`.
 */
export function buildNoticeEvent(
  subject: SubjectKey,
  { type, at, usageRemaining, entitlementId }: Notice,
  entitlements: Entitlements,
  { entry, sequence }: { entry: LedgerEntry | null; sequence: number },
): OutboundEventDraft {
  const entitlement = entitlements.get(entitlementId ?? "") ?? null;
  const byClock = { operation: "expire", source: "system", reason: "expired", actor: null } as const;
  const cause = entry ?? { ...byClock, sequence, at };
  // Of an end: the units that end with it.
  const content = { entitlement, units: entitlement?.unitsRemaining ?? null, lots: null };
  const data = buildEventData(subject, cause, content, usageRemaining ?? null);
  if (type === "entitlement.expiring") return { type, data: { ...data, reason: "expires_soon" } };
  return { type, data: { ...data, kind: "usage_pack" } };
}
