import type { CustomerView, EntitlementExplained, EntryView } from "../../../../shared/contract/support.ts";
import type { DenialReason } from "../../../../shared/contract/words.ts";
import { count } from "../../components/words.ts";
import { type Finding, grant, sync } from "./finding.ts";

/** Why access is denied, as the ledger tells it. */
export function deniedBecause(customer: CustomerView, reason: DenialReason): Finding[] {
  const decider = customer.entitlements.find(
    ({ entitlementId }) => entitlementId === customer.decision.entitlementId,
  );
  const name = decider?.productCode ?? "the entitlement";
  switch (reason) {
    case "refunded":
      return [
        {
          cause: "reversal",
          title: "The payment was refunded in full",
          text: `So ${name} was canceled. What was spent stays spent. Access comes back with another purchase, or a grant.`,
          action: grant,
        },
      ];
    case "payment_disputed":
      return [heldFinding(name, decider)];
    case "payment_past_due":
      return decider?.holds.some(({ effective }) => effective)
        ? [heldFinding(name, decider)]
        : [
            stripeSays(
              "A payment is overdue",
              `The renewal of ${name} was not paid. Stripe goes on trying; the customer can pay the invoice or change the card.`,
            ),
          ];
    case "usage_exhausted":
      return [creditsFinding(customer)];
    case "revoked":
      return [revokedFinding(customer, name)];
    case "subscription_incomplete":
      return [
        stripeSays(
          "The first payment is not done",
          `${name} was begun, and its first invoice is not paid: the bank may ask the customer to confirm.`,
        ),
      ];
    case "subscription_paused":
      return [
        stripeSays(
          "The subscription is paused",
          `${name} is paused in Stripe, and goes on when it is resumed there.`,
        ),
      ];
    case "subscription_ended":
      return [
        stripeSays(
          "The subscription has ended",
          `${name} was canceled in Stripe, or ran out unpaid. A new one, or a grant, gives access.`,
        ),
      ];
    case "time_pass_expired":
      return [
        {
          cause: "nothing_bought",
          title: "The time pass has run out",
          text: `${name} lasted as long as it was sold for. Another pass, or a grant, gives access.`,
          action: grant,
        },
      ];
    case "not_started":
      return [
        {
          cause: "nothing_bought",
          title: "It has not begun yet",
          text: `${name} begins later.`,
          action: grant,
        },
      ];
    case "no_entitlement":
      return [];
  }
}

const stripeSays = (title: string, text: string): Finding => ({
  cause: "stripe_says_so",
  title,
  text,
  action: sync,
});

function heldFinding(name: string, entitlement: EntitlementExplained | undefined): Finding {
  const hold = entitlement?.holds.find(({ effective }) => effective);
  const query =
    entitlement === undefined || hold === undefined
      ? null
      : new URLSearchParams({ entitlement_id: entitlement.entitlementId, cause_id: hold.causeId });
  return {
    cause: "reversal",
    title: hold?.reason === "refund" ? "The payment was refunded" : "The customer disputes the payment",
    text:
      hold?.reason === "refund"
        ? `${name} is held back until a later period is paid.`
        : `The bank was told that ${name} was not as it should be. It is held back until the dispute is won, or you lift the hold.`,
    action: query === null ? sync : { label: "Preview lifting the hold", page: `./lift-hold?${query}` },
  };
}

/** Who took the most of the units: the customer, time, or an operator. */
function creditsFinding({ entries }: CustomerView): Finding {
  const used = takenBy(entries, ["consume"]);
  const expired = takenBy(entries, ["expire"]);
  const byHand = takenBy(entries, ["manual_adjustment", "manual_revoke", "undo"]);
  const [newest] = byHand.entries;
  if (newest !== undefined && byHand.units >= Math.max(used.units, expired.units))
    return {
      cause: "credits_gone",
      title: "An operator took units back",
      text: `${newest.actor?.name ?? "An operator"} took ${count(byHand.units)} units by hand, lately in entry ${newest.sequence}.`,
      action: { label: "See the entry", page: `.#entry-${newest.sequence}` },
    };
  if (expired.units > used.units)
    return {
      cause: "credits_gone",
      title: "The units that were left expired",
      text: `${count(expired.units)} units were not used before their packs reached their end.`,
      action: grant,
    };
  return {
    cause: "credits_gone",
    title: "All units are used",
    text: `The ${used.entries.length} newest uses took ${count(used.units)} units. Each is listed with its idempotency key, to be looked up in your backend's log.`,
    action: { label: "See the uses", page: ".?show=usage#timeline" },
  };
}

function takenBy(entries: EntryView[], operations: string[]) {
  const taken = (entry: EntryView) => entry.touched.reduce((sum, { units }) => sum + Math.max(0, -units), 0);
  const found = entries.filter((entry) => operations.includes(entry.operation) && taken(entry) > 0);
  return { entries: found, units: found.reduce((sum, entry) => sum + taken(entry), 0) };
}

function revokedFinding({ entries }: CustomerView, name: string): Finding {
  const undone = new Set(entries.flatMap(({ manual }) => manual?.undoes ?? []));
  const entry = entries.find(
    ({ manual, sequence }) =>
      !undone.has(sequence) &&
      (manual?.type === "revoke" || (manual?.type === "undo" && manual.undoes !== null)),
  );
  const who = entry?.actor?.name ?? "An operator";
  return {
    cause: "by_hand",
    title: "An operator took it away",
    text: `${who} revoked ${name}${entry === undefined ? ", longer ago than this page shows" : ` in entry ${entry.sequence}`}.`,
    action:
      entry?.manual?.type === "revoke"
        ? { label: "Preview undoing it", page: `./undo?sequence=${entry.sequence}` }
        : grant,
  };
}
