import type { PreviewView } from "../../../../shared/contract/operations/customer-views.ts";
import { denialWords, statusWords } from "../../components/customer-words.ts";
import { count } from "../../components/words.ts";
import { accessWord } from "./action-parts.tsx";

/**
 * What a preview showed as being so, by entitlement and in words: it travels with the form, so that a later preview can
 * say what changed since. Only shown: what may be applied is decided by the fingerprint.
 */
export function outlineOf({ before, changes }: PreviewView): string {
  const lines = changes.flatMap(({ before: entitlement }) => {
    if (entitlement === null) return [];
    const { entitlementId, productCode, status, unavailableReason, unitsRemaining, expiresAt, holds } =
      entitlement;
    const facts = [
      statusWords[status].label.toLowerCase(),
      unavailableReason === null ? "usable" : denialWords[unavailableReason],
      ...(unitsRemaining === null ? [] : [`${count(unitsRemaining)} units left`]),
      ...(expiresAt === null ? [] : [`until ${new Date(expiresAt).toISOString()}`]),
      ...holds.filter(({ effective }) => effective).map(({ causeId }) => `held by ${causeId}`),
    ];
    return [[entitlementId, `${productCode}: ${facts.join(", ")}`]];
  });
  return JSON.stringify(Object.fromEntries([["access", `Access: ${accessWord(before)}`], ...lines]));
}

/** What is otherwise than the form's outline says; `""` for what was or is not there. */
export function movedSince(earlier: string | undefined, present: string): { was: string; is: string }[] {
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
    // Not as our form had it: then it is only not said what changed.
    return {};
  }
}
