import type { CustomerCheck, DataCheckRpc, SubjectJobKind } from "../../../shared/contract/data-check.ts";
import { subjectJobKinds } from "../../../shared/contract/data-check.ts";
import { damagedJob, isJobId, jobSentTwice, stopReply } from "../../../shared/contract/job.ts";
import {
  type OperatorCaller,
  type OperatorReply,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import { type AuditEntry, writeAudit } from "../../../shared/db/audit.ts";
import { authorize } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { isErased } from "../../../shared/db/erasures.ts";
import { readSubjectCopy } from "../../../shared/db/read-subject.ts";
import {
  countSubjects,
  insertSubjectJob,
  readSubjectJob,
  stopSubjectJobRow,
} from "../../../shared/db/subject-jobs.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import type { RuntimeEnv } from "../env.ts";
import type { Verification } from "../subject/verify.ts";
import { compareSubject, isTrusted } from "./compare-subject.ts";
import { openCustomer } from "./customer.ts";
import { erasedRefusal } from "./refusal.ts";

/** Somebody waits for it: longer than a job waits for one of many. */
const customerBudgetMs = 60_000;

export async function verifyCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
): ReturnType<DataCheckRpc["verifyCustomer"]> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  return { outcome: "done", check: checkOf(await compare(env, customer.identity, "verify")) };
}

export async function resyncCustomer(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  subjectRef: string,
): ReturnType<DataCheckRpc["resyncCustomer"]> {
  const customer = await openCustomer(env, caller, place, subjectRef, { role: "support" });
  if (customer.outcome === "refused") return customer;
  const { identity, actor, now } = customer;
  if (await d1(isErased(env.DB, identity))) return erasedRefusal();
  // First who asked for it: what is written anew without that would have nobody's name on it.
  const audit: AuditEntry = { actor, at: now, action: "customer.resync", target: subjectRef, ...place };
  await d1(writeAudit(env.DB, audit));
  const found = await compare(env, identity, "resync");
  if (!isTrusted(found))
    return refusal(
      "conflict",
      "The copy was left as it is: the ledger itself has faults, and what D1 has seen of it may be the only witness of what was there.",
    );
  return { outcome: "done", check: checkOf(found) };
}

async function compare(env: RuntimeEnv, identity: SubjectIdentity, kind: SubjectJobKind) {
  // Read before the object is asked: what comes to D1 meanwhile is not held against it.
  const { subject } = await d1(readSubjectCopy(env.DB, identity));
  const headSequence = subject?.headSequence ?? 0;
  return compareSubject(env, { ...identity, headSequence }, kind, customerBudgetMs);
}

const checkOf = ({ faults, entries, unflushed }: Verification): CustomerCheck => ({
  faults,
  entries,
  unflushed,
});

export async function startSubjectJob(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  { jobId, kind }: Parameters<DataCheckRpc["startSubjectJob"]>[2],
): ReturnType<DataCheckRpc["startSubjectJob"]> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  if (!isJobId(jobId) || !subjectJobKinds.includes(kind)) return damagedJob;
  const { projectId, mode } = place;
  const { actor, now } = permit;
  const total = await d1(countSubjects(env.DB, place));
  if (total === 0) return refusal("conflict", "There is no customer here yet, so there is nothing to check.");
  const audit: AuditEntry = {
    actor,
    at: now,
    action: `subject_job.${kind}`,
    target: jobId,
    projectId,
    mode,
    after: { total },
  };
  if (await d1(insertSubjectJob(env.DB, place, { jobId, kind, total }, audit)))
    return { outcome: "done", jobId, total };
  return (await d1(readSubjectJob(env.DB, jobId))) === null
    ? refusal("conflict", "Another one is under way in this project and mode. Wait for its end, or stop it.")
    : jobSentTwice;
}

export async function stopSubjectJob(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  jobId: string,
): Promise<OperatorReply> {
  const permit = await authorize(env, caller, { role: "admin", place });
  if (permit.outcome === "refused") return permit;
  const { projectId, mode } = place;
  const audit: AuditEntry = {
    actor: permit.actor,
    at: permit.now,
    action: "subject_job.stop",
    target: jobId,
    projectId,
    mode,
  };
  return stopReply(await d1(stopSubjectJobRow(env.DB, place, jobId, audit)));
}
