import type { SubjectJobKind } from "../../../shared/contract/operations/data-check.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import { isErased } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import type { Verification } from "../subject/ledger/verify.ts";
import { callSubject } from "../subject-stub.ts";

/** A subject, and the newest ledger sequence that D1 had before the comparison; 0 when D1 has no row of it. */
export type ComparedSubject = SubjectIdentity & { headSequence: number };

/**
 * Compares one subject with D1. A `resync` then rewrites the D1 copy and compares again. Safe to repeat. Throws
 * `DependencyUnavailableError` if it takes longer than `budgetMs`.
 *
 * A resync leaves D1 unchanged if the ledger or the state itself has an error. D1's rows (the anchor, the units of
 * an entitlement) may then be the only record of what the object contained.
 */
export async function compareSubject(
  env: RuntimeEnv,
  subject: ComparedSubject,
  kind: SubjectJobKind,
  budgetMs: number,
): Promise<Verification> {
  return withTimeout("Subject", budgetMs, compare(env, subject, kind));
}

async function compare(
  env: RuntimeEnv,
  { headSequence, ...identity }: ComparedSubject,
  kind: SubjectJobKind,
): Promise<Verification> {
  const found = await callSubject(env, identity, (subject) => subject.verify());
  // An empty object has nothing to compare with, so it finds no error even if D1 has rows of it.
  if (found.headSequence === 0 && headSequence > 0 && !(await isErased(dataOf(env, identity), identity))) {
    const message = `the object is empty, but D1 has seen its ledger reach ${headSequence}: it was erased, or its storage is lost`;
    return { ...found, ok: false, findings: [{ where: "ledger", sequence: null, message }] };
  }
  if (kind === "verify" || !isTrusted(found)) return found;
  return callSubject(env, identity, (subject) => subject.resync());
}

/** Returns whether the object is consistent in itself: all findings are about D1. */
export const isTrusted = ({ findings }: Verification): boolean =>
  findings.every(({ where }) => where === "d1");
