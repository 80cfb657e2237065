import type { OperatorCaller, OperatorReply, Place } from "./operator.ts";

/**
 * Comparing what lies in three places (spec page 2): a customer's ledger with itself, with the state it adds up to, and with
 * the copy in D1. `verify` compares; `resync` makes D1 say again what the object says.
 */
export const subjectJobKinds = ["verify", "resync"] as const;
export type SubjectJobKind = (typeof subjectJobKinds)[number];

export interface FaultView {
  /** What is wrong: the ledger itself, the object's state, or the copy in D1. */
  where: "ledger" | "state" | "d1";
  /** Of the entry that it is about. */
  sequence: number | null;
  message: string;
}

export interface CustomerCheck {
  /** The first 50; none is well. */
  faults: FaultView[];
  /** Entries that were looked at: those that are not folded into the checkpoint. */
  entries: number;
  /** Entries that D1 has not confirmed yet: not a fault, but a copy that lags. */
  unflushed: number;
}

export interface DataCheckRpc {
  /** Compares; changes nothing. */
  verifyCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
  ): Promise<OperatorReply<{ check: CustomerCheck }>>;
  /**
   * Writes the copy in D1 anew from the ledger, and compares. Refused where the ledger itself has faults: D1 may then be the
   * only witness of what was there.
   */
  resyncCustomer(
    caller: OperatorCaller,
    place: Place,
    subjectRef: string,
  ): Promise<OperatorReply<{ check: CustomerCheck }>>;
  /** Begins to visit every registered customer. `jobId` was chosen with the form: sending that twice begins one job. */
  startSubjectJob(
    caller: OperatorCaller,
    place: Place,
    job: { jobId: string; kind: SubjectJobKind },
  ): Promise<OperatorReply<{ jobId: string; total: number }>>;
  /** What is done stays done. */
  stopSubjectJob(caller: OperatorCaller, place: Place, jobId: string): Promise<OperatorReply>;
}
