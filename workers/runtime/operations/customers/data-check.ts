import {
  type CustomerCheck,
  resyncCustomer,
  type SubjectJobKind,
  verifyCustomer,
} from "../../../../shared/contract/operations/data-check.ts";
import { refusal } from "../../../../shared/contract/operations/reply.ts";
import { writeAuditEntry } from "../../../../shared/db/audit.ts";
import { dataOf } from "../../../../shared/db/databases.ts";
import type { SubjectIdentity } from "../../../../shared/domain/subject-name.ts";
import { isErased } from "../../db/erasures.ts";
import { readSubjectCopy } from "../../db/subjects.ts";
import type { RuntimeEnv } from "../../env.ts";
import { compareSubject, isTrusted } from "../../jobs/compare-subject.ts";
import type { Verification } from "../../subject/ledger/verify.ts";
import { implementForCustomer } from "../implement.ts";
import { erasedRefusal } from "../refusals.ts";

/** An operator waits for this one customer: longer than a job waits for one of many. */
const customerBudgetMs = 60_000;

export const verify = implementForCustomer(verifyCustomer, async ({ env, identity }) => ({
  outcome: "done",
  check: toCheck(await compare(env, identity, "verify")),
}));

export const resync = implementForCustomer(
  resyncCustomer,
  async ({ env, identity, audit }, { subjectRef }) => {
    if (await isErased(dataOf(env, identity), identity)) return erasedRefusal();
    // Write the audit row first; a crash after the resync would otherwise leave it unattributed.
    await writeAuditEntry(env.DB, audit({ target: subjectRef }));
    const found = await compare(env, identity, "resync");
    if (!isTrusted(found))
      return refusal(
        "conflict",
        "The search data was not rebuilt. The ledger itself has faults, and the search data may be the only record of what was there.",
      );
    return { outcome: "done", check: toCheck(found) };
  },
);

async function compare(env: RuntimeEnv, identity: SubjectIdentity, kind: SubjectJobKind) {
  // Read D1 before the object: rows that arrive between the two reads then count as no error.
  const { subject } = await readSubjectCopy(dataOf(env, identity), identity);
  const headSequence = subject?.headSequence ?? 0;
  return compareSubject(env, { ...identity, headSequence }, kind, customerBudgetMs);
}

const toCheck = ({ findings, entries, unflushed }: Verification): CustomerCheck => ({
  findings,
  entries,
  unflushed,
});
