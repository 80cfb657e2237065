import type { SubjectState } from "../../../../shared/domain/ledger.ts";

/** The last entry of the ledger. Sequence 0 is an empty ledger. */
export interface Head {
  sequence: number;
  at: number;
  hash: string;
}

/** The state of the ledger after `head`. */
export interface StateAtHead extends SubjectState {
  head: Head;
}
