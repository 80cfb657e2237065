import type { EntryDraft, Operation } from "./ledger.ts";

export type ManualActionRefusal =
  | "no_such_entitlement"
  | "no_such_hold"
  | "no_such_reservation"
  | "already_lifted"
  | "already_ended"
  | "ends_in_the_past"
  | "not_a_pack"
  /** The adjustment would remove more units than remain. */
  | "not_enough_units"
  /** The balance would exceed the integers that a number represents exactly. */
  | "too_many_units"
  | "nothing_to_change"
  | "not_undoable";

export type ManualActionDecision =
  | { outcome: "refused"; code: ManualActionRefusal; unitsRemaining: number | null }
  | ({ outcome: "change"; operation: Operation } & Pick<EntryDraft, "touched" | "reservation" | "revives">);
