import { type Refusal, refusal } from "../../../../shared/contract/operations/reply.ts";
import type { ManualActionRefused } from "../../subject/operator-actions/manual-action.ts";
import { erasedRefusal } from "../refusals.ts";

/** Words the refusal of a manual action for the operator, with what to do instead. */
export function manualRefusal({ code, unitsRemaining }: ManualActionRefused): Refusal {
  switch (code) {
    case "no_such_entitlement":
      return refusal("not_found", "Entitlement not found for this customer.");
    case "no_such_hold":
      return refusal("conflict", "Stripe resolved the cause of this hold. The hold is over.");
    case "no_such_reservation":
      return refusal("conflict", "These units are no longer held. The job or its time ended.");
    case "already_lifted":
      return refusal("conflict", "This hold is already lifted.");
    case "already_ended":
      return refusal(
        "conflict",
        "This entitlement has already ended. To restore access, grant access again.",
      );
    case "ends_in_the_past":
      return refusal("invalid", "The end is in the past. Choose a later day.", "expiresAt");
    case "not_a_pack":
      return refusal("invalid", "Only usage packs have credits to adjust.");
    case "not_enough_units":
      return refusal(
        "conflict",
        `Only ${unitsRemaining ?? 0} credits are left. Enter that number or fewer.`,
        "units",
      );
    case "too_many_units":
      return refusal("invalid", "The balance would exceed the maximum. Enter fewer credits.", "units");
    case "nothing_to_change":
      return refusal("conflict", "No change needed. The values are already current.");
    case "not_undoable":
      return refusal("conflict", "Only manual actions can be undone.");
    case "no_such_entry":
      return refusal("not_found", "Ledger entry not found.");
    case "already_undone":
      return refusal("conflict", "This action was already undone.");
    case "erased":
      return erasedRefusal();
    case "too_long_ago":
      return refusal("conflict", "This change is too old to undo. Apply a new change instead.");
  }
}
