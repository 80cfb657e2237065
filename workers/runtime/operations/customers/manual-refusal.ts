import { type Refusal, refusal } from "../../../../shared/contract/operations/reply.ts";
import type { ManualActionRefused } from "../../subject/operator-actions/manual-action.ts";
import { erasedRefusal } from "../refusals.ts";

/** Words the refusal of a manual action for the operator, with what to do instead. */
export function manualRefusal({ code, unitsRemaining }: ManualActionRefused): Refusal {
  switch (code) {
    case "no_such_entitlement":
      return refusal("not_found", "This customer has no such entitlement.");
    case "no_such_hold":
      return refusal("conflict", "There is no such hold any more: Stripe resolved what caused it.");
    case "no_such_reservation":
      return refusal("conflict", "These units are not held any more: the job ended, or its time did.");
    case "already_lifted":
      return refusal("conflict", "This hold is lifted already.");
    case "already_ended":
      return refusal("conflict", "This entitlement has ended already. To give access again, grant anew.");
    case "ends_in_the_past":
      return refusal("invalid", "The end lies in the past. Choose a later one.", "expiresAt");
    case "not_a_pack":
      return refusal("invalid", "Only usage packs have credits to adjust.");
    case "not_enough_units":
      return refusal(
        "conflict",
        `Only ${unitsRemaining ?? 0} credits are left: more can't be taken. What was spent stays spent.`,
        "units",
      );
    case "too_many_units":
      return refusal("invalid", "This would be more credits than can be counted.", "units");
    case "nothing_to_change":
      return refusal("conflict", "There is nothing to change: it is so already.");
    case "not_undoable":
      return refusal("conflict", "This is not an operator's action that could be undone.");
    case "no_such_entry":
      return refusal("not_found", "The ledger has no such entry.");
    case "erased":
      return erasedRefusal();
    case "too_long_ago":
      return refusal("conflict", "This was too long ago to be undone. Act anew instead.");
  }
}
