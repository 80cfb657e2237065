import type { PreviewView } from "../../../../../shared/contract/operations/customer-views.ts";
import { formatUnits } from "../../../components/labels/common.ts";
import { denialLabels, entitlementStatusLabels } from "../../../components/labels/customer.ts";
import { formatExactTime } from "../../../components/time.tsx";
import { formatAccess } from "./parts.tsx";

/**
 * Serializes the state that a preview shows, by entitlement and in words. The form carries it, so that a
 * later preview can show what changed since.
 *
 * The outline is display only. The fingerprint decides whether the action may be applied.
 */
export function buildOutline({ before, changes }: PreviewView, zone: string): string {
  const lines = changes.flatMap(({ before: entitlement }) => {
    if (entitlement === null) return [];
    const { entitlementId, productCode, status, unavailableReason, unitsRemaining, expiresAt, holds } =
      entitlement;
    const facts = [
      entitlementStatusLabels[status].label.toLowerCase(),
      unavailableReason === null ? "gives access" : denialLabels[unavailableReason],
      ...(unitsRemaining === null ? [] : [`${formatUnits(unitsRemaining)} left`]),
      ...(expiresAt === null ? [] : [`until ${formatExactTime(expiresAt, zone)}`]),
      ...holds.filter(({ effective }) => effective).map(({ causeId }) => `on hold by ${causeId}`),
    ];
    return [[entitlementId, `${productCode}: ${facts.join(", ")}`]];
  });
  return JSON.stringify(Object.fromEntries([["access", `Access: ${formatAccess(before)}`], ...lines]));
}

/** Returns the differences between two outlines. `""` marks an entry that did or does not exist. */
export function compareOutlines(earlier: string | undefined, present: string): { was: string; is: string }[] {
  const before = readOutline(earlier);
  const after = readOutline(present);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => ({ was: before[key] ?? "", is: after[key] ?? "" }))
    .filter(({ was, is }) => was !== is);
}

function readOutline(text: string | undefined): Record<string, string> {
  try {
    const read: unknown = JSON.parse(text ?? "");
    if (typeof read !== "object" || read === null) return {};
    return Object.fromEntries(Object.entries(read).map(([key, value]) => [key, String(value)]));
  } catch {
    // Altered outline. The preview then does not list what changed.
    return {};
  }
}
