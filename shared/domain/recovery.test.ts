import { describe, expect, it } from "vitest";
import {
  type DenialReason,
  denialReasons,
  type EntitlementKind,
  entitlementKinds,
} from "../contract/enums.ts";
import { listRecoverySteps } from "./recovery.ts";

type Kinds = Record<EntitlementKind | "none", string>;

const everywhere = (steps: string): Kinds => ({
  subscription: steps,
  time_pass: steps,
  usage_pack: steps,
  none: steps,
});
const support = "contact_support";

/** Written down a second time: the actions of each reason and kind, the best first, with the page of each. */
const table: Record<DenialReason, Kinds> = {
  payment_past_due: {
    ...everywhere(support),
    subscription: `pay_invoice:invoice update_payment_method:payment_method ${support}`,
  },
  payment_disputed: everywhere(support),
  payment_refunded: everywhere(support),
  subscription_incomplete: { ...everywhere(support), subscription: `confirm_payment:invoice ${support}` },
  subscription_paused: { ...everywhere(support), subscription: `resume:portal ${support}` },
  usage_exhausted: everywhere(`buy:checkout ${support}`),
  not_started: everywhere("wait"),
  time_pass_expired: everywhere(`buy:checkout ${support}`),
  subscription_ended: everywhere(`buy:checkout ${support}`),
  refunded: everywhere(`buy:checkout ${support}`),
  revoked: everywhere(support),
  no_entitlement: everywhere(`buy:checkout ${support}`),
};

describe("listRecoverySteps", () => {
  const cases = denialReasons.flatMap((reason) =>
    [...entitlementKinds, "none" as const].map((kind) => ({ reason, kind, steps: table[reason][kind] })),
  );

  it.each(cases)("$reason of $kind: $steps", ({ reason, kind, steps }) => {
    const found = listRecoverySteps(reason, kind === "none" ? null : kind);
    expect(found.map(({ action, page }) => (page === null ? action : `${action}:${page}`)).join(" ")).toBe(
      steps,
    );
  });

  it.each(cases)("the last step for $reason of $kind needs no page, so there is always one", (each) => {
    const found = listRecoverySteps(each.reason, each.kind === "none" ? null : each.kind);
    expect(found.at(-1)?.page).toBeNull();
  });
});
