import type { DenialReason } from "../../../../../shared/contract/enums.ts";
import type {
  CustomerView,
  EntitlementExplained,
  EntryView,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount } from "../../../components/labels/common.ts";
import { type CauseAction, grantAction, type LikelyCause, syncAction } from "./likely-cause.ts";

/** Returns causes for a denial. Reads only the customer's ledger. */
export function diagnoseDenial(customer: CustomerView, reason: DenialReason): LikelyCause[] {
  const decider = customer.entitlements.find(
    ({ entitlementId }) => entitlementId === customer.decision.entitlementId,
  );
  const name = decider?.productCode ?? "the entitlement";
  switch (reason) {
    case "refunded":
      return [refundCause(customer, name, grantAction(decider?.productCode))];
    case "payment_disputed":
    case "payment_refunded":
      return [heldCause(name, decider)];
    case "payment_past_due":
      return [
        stripeCause(
          decider,
          "The renewal was not paid",
          `Stripe could not collect the last invoice of ${name} and goes on trying. The customer can pay it or change the card.`,
        ),
      ];
    case "usage_exhausted":
      return [creditsCause(customer, decider)];
    case "revoked":
      return [revokedCause(customer, name)];
    case "subscription_incomplete":
      return [
        stripeCause(
          decider,
          "The first payment is not done",
          `${name} was begun, but its first invoice is not paid: the bank may be asking the customer to confirm.`,
        ),
      ];
    case "subscription_paused":
      return [
        stripeCause(
          decider,
          "The subscription is paused",
          `${name} is paused in Stripe, and goes on when resumed there.`,
        ),
      ];
    case "subscription_ended":
      return [
        stripeCause(
          decider,
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
          actions: [grantAction(decider?.productCode)],
        },
      ];
    case "not_started":
      return [
        {
          cause: "nothing_bought",
          title: "It has not begun yet",
          text: `${name} begins later: see below from when it is valid.`,
          actions: [grantAction(decider?.productCode)],
        },
      ];
    case "no_entitlement":
      return [];
  }
}

const stripeCause = (
  decider: EntitlementExplained | undefined,
  title: string,
  text: string,
): LikelyCause => ({
  cause: "stripe_says_so",
  title,
  text,
  actions: [grantAction(decider?.productCode), syncAction],
});

function refundCause({ entries }: CustomerView, name: string, remedy: CauseAction): LikelyCause {
  const entry = entries.find(({ operation }) => operation === "refund" || operation === "dispute");
  const spent = unitsTaken(entries, ["consume"]).units;
  return {
    cause: "reversal",
    title: "The payment was refunded in full",
    text: `So ${name} was canceled${entry === undefined ? "" : ` in entry ${entry.sequence}`}${
      spent === 0 ? "" : `, after ${formatCount(spent)} units were spent`
    }. Access comes back with another purchase, or a grant.`,
    actions: [remedy, ...(entry === undefined ? [] : [seeEntry(entry)])],
  };
}

function heldCause(name: string, entitlement: EntitlementExplained | undefined): LikelyCause {
  const hold = entitlement?.holds.find(({ effective }) => effective);
  const query =
    entitlement === undefined || hold === undefined
      ? null
      : new URLSearchParams({ entitlement_id: entitlement.entitlementId, cause_id: hold.causeId });
  return {
    cause: "reversal",
    title:
      hold?.reason === "refund"
        ? "The payment was refunded"
        : "The customer disputes the payment at the bank",
    text:
      hold?.reason === "refund"
        ? `${name} is on hold until another invoice is paid, or you lift the hold.`
        : `${name} is on hold until the dispute is won, or you lift the hold.`,
    actions:
      query === null ? [syncAction] : [{ label: "Preview lifting the hold", page: `./lift-hold?${query}` }],
  };
}

/** Finds what used up most of the units: the customer, expiry, or an operator. */
function creditsCause({ entries }: CustomerView, decider: EntitlementExplained | undefined): LikelyCause {
  const used = unitsTaken(entries, ["consume"]);
  const expired = unitsTaken(entries, ["expire"]);
  const byOperator = unitsTaken(entries, ["manual_adjustment", "manual_revoke", "undo"]);
  const refill: CauseAction =
    decider === undefined
      ? grantAction()
      : { label: "Preview adding units", page: `./adjust?entitlement_id=${decider.entitlementId}` };
  const [newest] = byOperator.entries;
  if (newest !== undefined && byOperator.units >= Math.max(used.units, expired.units))
    return {
      cause: "credits_gone",
      title: "An operator took units back",
      text: `${newest.actor?.name ?? "An operator"} took ${formatCount(byOperator.units)} units by hand, lately in entry ${newest.sequence}.`,
      actions: [
        ...(newest.manual === null || newest.manual.type === "undo" ? [refill] : [undo(newest)]),
        seeEntry(newest),
      ],
    };
  if (expired.units > used.units)
    return {
      cause: "credits_gone",
      title: "The units that were left expired",
      text: `${formatCount(expired.units)} units were not used before their packs reached their end.`,
      actions: [grantAction(decider?.productCode)],
    };
  const last = used.entries[0]?.idempotencyKey ?? null;
  const uses = used.entries.length;
  return {
    cause: "credits_gone",
    title: "All units are used up",
    text: `${uses === 1 ? "One use" : `The ${uses} newest uses`} took ${formatCount(used.units)} units${
      last === null ? "" : `, the last under the idempotency key ${last}`
    }. Your backend's log knows each key.`,
    actions: [refill, { label: "See the uses", page: ".?show=usage#timeline" }],
  };
}

const seeEntry = ({ sequence }: EntryView): CauseAction => ({
  label: `See entry ${sequence}`,
  page: `.#entry-${sequence}`,
});

const undo = ({ sequence }: EntryView): CauseAction => ({
  label: "Preview undoing it",
  page: `./undo?sequence=${sequence}`,
});

function unitsTaken(entries: EntryView[], operations: string[]) {
  const taken = (entry: EntryView) => entry.touched.reduce((sum, { units }) => sum + Math.max(0, -units), 0);
  const found = entries.filter((entry) => operations.includes(entry.operation) && taken(entry) > 0);
  return { entries: found, units: found.reduce((sum, entry) => sum + taken(entry), 0) };
}

function revokedCause({ entries }: CustomerView, name: string): LikelyCause {
  const entry = entries.find(
    ({ manual, undoneBy }) =>
      undoneBy === null && (manual?.type === "revoke" || (manual?.type === "undo" && manual.undoes !== null)),
  );
  const who = entry?.actor?.name ?? "An operator";
  return {
    cause: "by_hand",
    title: "An operator took it away",
    text: `${who} revoked ${name}${entry === undefined ? ", longer ago than this page shows" : ` in entry ${entry.sequence}`}.`,
    actions: entry?.manual?.type === "revoke" ? [undo(entry)] : [grantAction()],
  };
}
