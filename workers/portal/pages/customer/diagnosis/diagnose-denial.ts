import type { DenialReason } from "../../../../../shared/contract/enums.ts";
import type {
  CustomerView,
  EntitlementExplained,
  EntryView,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { formatUnits, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { findHeldUnits } from "./find-held-units.ts";
import { type CauseAction, grantAction, type LikelyCause, syncAction } from "./likely-cause.ts";

/** What the sentences name besides the ledger. */
interface Wording {
  productNames: ProductNames;
  /** What Stripe says of the payment that failed last, as a sentence. */
  failedPayment: string | null;
}

/** Returns causes for a denial. Reads only the customer's ledger. */
export function diagnoseDenial(
  customer: CustomerView,
  reason: DenialReason,
  { productNames, failedPayment }: Wording,
): LikelyCause[] {
  const decider = customer.entitlements.find(
    ({ entitlementId }) => entitlementId === customer.decision.entitlementId,
  );
  const name = decider === undefined ? "the entitlement" : nameProduct(productNames, decider.productCode);
  switch (reason) {
    case "refunded":
      return [refundCause(customer, name, decider)];
    case "payment_disputed":
    case "payment_refunded":
      return [heldCause(name, decider, reason)];
    case "payment_past_due":
      return [
        stripeCause(
          decider,
          "Renewal failed",
          `${failedPayment ?? `Stripe couldn't collect the last invoice of ${name} and is retrying.`} The customer can pay the invoice or update the card.`,
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
          "First payment incomplete",
          `The first invoice of ${name} is unpaid. The customer's bank may require confirmation.`,
        ),
      ];
    case "subscription_paused":
      return [
        stripeCause(
          decider,
          "Subscription paused",
          `${name} is paused in Stripe. Access returns when it is resumed there.`,
        ),
      ];
    case "subscription_ended":
      return [
        stripeCause(
          decider,
          "Subscription ended",
          `${name} was canceled in Stripe or ended unpaid. A new subscription or a grant restores access.`,
        ),
      ];
    case "time_pass_expired":
      return [
        {
          cause: "nothing_bought",
          title: "Time pass expired",
          text: `${name} reached its end. Another pass or a grant restores access.`,
          actions: [grantAction(decider?.productCode)],
        },
      ];
    case "not_started":
      return [
        {
          cause: "nothing_bought",
          title: "Not started yet",
          text: `${name} starts later. Its start is listed under Entitlements.`,
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

function refundCause(
  { entries }: CustomerView,
  name: string,
  decider: EntitlementExplained | undefined,
): LikelyCause {
  const entry = entries.find(
    ({ operation, touched }) =>
      (operation === "refund" || operation === "dispute") &&
      touched.some(({ entitlementId }) => entitlementId === decider?.entitlementId),
  );
  const isLost = entry?.operation === "dispute";
  const spent = unitsTaken(entries, spending).units;
  return {
    cause: "reversal",
    title: isLost ? "Payment lost in a dispute" : "Payment refunded in full",
    text: `The ${isLost ? "lost dispute" : "refund"} canceled ${name}${entry === undefined ? "" : ` (#${entry.sequence})`}${
      spent === 0 ? "" : ` after ${formatUnits(spent)} ${spent === 1 ? "was" : "were"} used`
    }. Another purchase or a grant restores access.`,
    actions: [grantAction(decider?.productCode), ...(entry === undefined ? [] : [seeEntry(entry)])],
  };
}

/** Of several holds, the one that the decision names. */
function heldCause(
  name: string,
  entitlement: EntitlementExplained | undefined,
  denied: "payment_disputed" | "payment_refunded",
): LikelyCause {
  const reason = denied === "payment_refunded" ? "refund" : "dispute";
  const effective = entitlement?.holds.filter((each) => each.effective) ?? [];
  const hold = effective.find((each) => each.reason === reason) ?? effective[0];
  const query =
    entitlement === undefined || hold === undefined
      ? null
      : new URLSearchParams({ entitlement_id: entitlement.entitlementId, cause_id: hold.causeId });
  const orPaid = entitlement?.kind === "subscription" ? ", a later invoice is paid" : "";
  return {
    cause: "reversal",
    title: hold?.reason === "refund" ? "Payment refunded" : "Payment disputed",
    text:
      hold?.reason === "refund"
        ? `${name} is on hold until a later invoice is paid or you lift the hold.`
        : `The customer disputed the payment of ${name} with their bank. It is on hold until you win the dispute${orPaid} or you lift the hold.`,
    actions: query === null ? [syncAction] : [{ label: "Lift hold…", page: `./lift-hold?${query}` }],
  };
}

/** The operations that spend units. */
const spending = ["consume", "settle", "lapse"];

/** Finds what used up most of the units: the customer, expiry, or an operator. */
function creditsCause(customer: CustomerView, decider: EntitlementExplained | undefined): LikelyCause {
  const { entries } = customer;
  const [held] = findHeldUnits(customer);
  if (held !== undefined) return held;
  const used = unitsTaken(entries, spending);
  const expired = unitsTaken(entries, ["expire"]);
  const byOperator = unitsTaken(entries, ["manual_adjustment", "manual_revoke", "undo"]);
  const refill: CauseAction =
    decider === undefined
      ? grantAction()
      : { label: "Add units…", page: `./adjust?entitlement_id=${decider.entitlementId}` };
  const [newest] = byOperator.entries;
  if (newest !== undefined && byOperator.units >= Math.max(used.units, expired.units))
    return {
      cause: "credits_gone",
      title: "Units removed by an operator",
      text: `${newest.actor?.name ?? "An operator"} removed ${formatUnits(byOperator.units)}, most recently in #${newest.sequence}.`,
      actions: [
        ...(newest.manual === null || newest.manual.type === "undo" ? [refill] : [undo(newest)]),
        seeEntry(newest),
      ],
    };
  if (expired.units > used.units)
    return {
      cause: "credits_gone",
      title: "Unused units expired",
      text: `${formatUnits(expired.units)} expired before ${expired.units === 1 ? "it was" : "they were"} used.`,
      actions: [grantAction(decider?.productCode)],
    };
  const last = used.entries[0]?.idempotencyKey ?? null;
  const uses = used.entries.length;
  return {
    cause: "credits_gone",
    title: "No units left",
    text: `The customer used ${formatUnits(used.units)} in ${uses === 1 ? "1 request" : `${uses} requests`}${
      last === null ? "" : `, the last with the idempotency key ${last}`
    }. Your backend's log has each key.`,
    actions: [refill, { label: "View usage", page: ".?tab=usage#tabs" }],
  };
}

const seeEntry = ({ sequence }: EntryView): CauseAction => ({
  label: `View #${sequence}`,
  page: `.#entry-${sequence}`,
});

const undo = ({ sequence }: EntryView): CauseAction => ({
  label: "Undo…",
  page: `./undo?sequence=${sequence}`,
});

function unitsTaken(entries: EntryView[], operations: string[]) {
  const taken = (entry: EntryView) =>
    entry.touched.reduce(
      (sum, { units, consumed }) => sum + Math.max(0, consumed === 0 ? -units : consumed),
      0,
    );
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
    title: "Revoked by an operator",
    text: `${who} revoked ${name}${entry === undefined ? " before the history shown here" : ` (#${entry.sequence})`}.`,
    actions: entry?.manual?.type === "revoke" ? [undo(entry)] : [grantAction()],
  };
}
