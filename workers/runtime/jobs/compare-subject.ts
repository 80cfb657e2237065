import type { SubjectJobKind } from "../../../shared/contract/operations/data-check.ts";
import type { SubjectIdentity } from "../../../shared/domain/subject-name.ts";
import { withTimeout } from "../../../shared/kit/timeout.ts";
import { isErased } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import type { Verification } from "../subject/ledger/verify.ts";
import { callSubject } from "../subject-stub.ts";

/** A subject, and how far D1 had seen its ledger reach before it is asked; 0 when D1 does not know it. */
export type ComparedSubject = SubjectIdentity & { headSequence: number };

/**
 * Compares one subject, and for a `resync` writes its copy in D1 anew first. Safe to repeat. `DependencyUnavailableError` when that
 * takes longer than `budgetMs`.
 *
 * What is copied is trusted: where the ledger or the state itself has a fault, D1 is left alone, since what it has seen (the
 * anchor, the units of an entitlement) may be the only witness of what was there.
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
  // An object that nothing ever happened to has nothing to compare, so it can't know what D1 has of it.
  if (found.headSequence === 0 && headSequence > 0 && !(await isErased(env.DB, identity))) {
    const message = `the object is empty, but D1 has seen its ledger reach ${headSequence}: it was erased, or its storage is lost`;
    return { ...found, ok: false, findings: [{ where: "ledger", sequence: null, message }] };
  }
  if (kind === "verify" || !isTrusted(found)) return found;
  return callSubject(env, identity, (subject) => subject.resync());
}

/** Whether the object agrees with itself, whatever D1 says. */
export const isTrusted = ({ findings: faults }: Verification): boolean =>
  faults.every(({ where }) => where === "d1");
