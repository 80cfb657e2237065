import { z } from "zod";
import { subjectRef } from "./customers.ts";
import { formId, objectId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/**
 * A data check compares a customer's ledger with itself, with the state it adds up to, and with its copy in D1.
 * `verify` compares; `resync` also writes the D1 copy again from the ledger.
 */
export const subjectJobKinds = ["verify", "resync"] as const;
export type SubjectJobKind = (typeof subjectJobKinds)[number];

export interface CheckFinding {
  /** The ledger itself, the object's state, or the D1 copy. */
  where: "ledger" | "state" | "d1";
  /** The ledger entry it concerns. */
  sequence: number | null;
  message: string;
}

export interface CustomerCheck {
  /** The first 50. Empty when everything agrees. */
  findings: CheckFinding[];
  /** Entries that were checked: all that are not folded into the checkpoint. */
  entries: number;
  /** Entries that D1 has not confirmed yet: the D1 copy lags, which is no error. */
  unflushed: number;
}

export const verifyCustomer = operation({
  name: "customer.verify",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({ subjectRef }),
  output: done<{ check: CustomerCheck }>(),
});

/** Refused when the ledger itself has errors: the D1 copy may then be the only evidence of the original entries. */
export const resyncCustomer = operation({
  name: "customer.resync",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["customer.resync"],
  input: z.strictObject({ subjectRef }),
  output: done<{ check: CustomerCheck }>(),
});

/** Starts a job that visits every registered customer. `jobId` is chosen with the form: sending it twice starts one. */
export const startSubjectJob = operation({
  name: "subject_job.start",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["subject_job.verify", "subject_job.resync"],
  input: z.strictObject({ jobId: formId("job"), kind: z.enum(subjectJobKinds) }),
  output: done<{ jobId: string; total: number }>(),
});

/** The customers checked so far stay as the job left them. */
export const stopSubjectJob = operation({
  name: "subject_job.stop",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "never",
  audit: ["subject_job.stop"],
  input: z.strictObject({ jobId: objectId }),
  output: done(),
});
