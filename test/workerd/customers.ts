import { runInDurableObject } from "cloudflare:test";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { newAccount, newMember } from "./members.ts";
import { buildPack, buildPurchase, env } from "./subjects.ts";

export const getSubjectStub = (identity: SubjectIdentity) =>
  env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));

/** Creates a project with an admin and customers `user_1`, `user_2`, …, each with a flushed purchase. */
export async function newCustomers(count: number) {
  const account = await newAccount();
  const place = { projectId: account.projectId, mode: "test" as const };
  const identities = Array.from({ length: count }, (_, index) => ({
    ...place,
    region: "weur" as const,
    subjectRef: `user_${index + 1}`,
  }));
  for (const identity of identities) {
    const stub = getSubjectStub(identity);
    await stub.applyStripe(identity, buildPurchase(subjectName(identity), buildPack(100), Date.now()));
    await stub.wake();
  }
  const named = (subjectRef: string) => ({ ...place, region: "weur" as const, subjectRef });
  return { account, place, named, admin: await newMember(account, "admin") };
}

export type Customers = Awaited<ReturnType<typeof newCustomers>>;

export const editLedger = (identity: SubjectIdentity) =>
  runInDurableObject(getSubjectStub(identity), (_, { storage }) => {
    storage.sql.exec("UPDATE ledger SET at = at + 1 WHERE sequence = 1").toArray();
  });

export const editD1Copy = (identity: SubjectIdentity) =>
  env.DB.prepare("UPDATE entitlements SET units_remaining = 7 WHERE project_id = ? AND subject_ref = ?")
    .bind(identity.projectId, identity.subjectRef)
    .run();
