import { drizzle } from "drizzle-orm/d1";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Actor } from "../../shared/db/audit.ts";
import { members } from "../../shared/db/tables/people.ts";
import { operatorSessions, operators } from "../../shared/db/tables/sign-in.ts";
import { newId } from "../../shared/kit/ids.ts";
import { env } from "./subjects.ts";

const database = drizzle(env.DB);

/** An operator without rows in D1, for changes that only record who made them. */
export const actor: Actor = {
  accountId: "acc_1",
  operatorId: "opr_1",
  name: "Sam",
  email: "sam@tests.example",
  ipAddress: null,
};

export interface Account {
  accountId: string;
  projectId: string;
}

export async function newAccount(): Promise<Account> {
  const at = Date.now();
  const [accountId, projectId] = [newId("acc"), newId("prj")];
  const times = { createdAt: at, updatedAt: at };
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: at, ...times },
    { projectId, accountId, name: "p", region: "weur", ...times },
  );
  return { accountId, projectId };
}

/** Creates a member with a session. Returns the member's actor and the caller that the portal would send. */
export async function newMember(
  { accountId }: Account,
  role: Role,
  session: { provenAt?: Date | null; expiresAt?: Date } = {},
): Promise<{ caller: OperatorCaller; actor: Actor }> {
  const now = new Date();
  const times = { createdAt: now, updatedAt: now };
  const [operatorId, sessionToken] = [newId("opr"), crypto.randomUUID()];
  const email = `${operatorId}@tests.example`;
  await database.batch([
    database.insert(operators).values({ id: operatorId, name: role, email, ...times }),
    database.insert(members).values({ operatorId, accountId, role, createdAt: 0, updatedAt: 0 }),
    database.insert(operatorSessions).values({
      id: newId("opr"),
      userId: operatorId,
      token: sessionToken,
      expiresAt: new Date(now.getTime() + 60_000),
      provenAt: now,
      ...times,
      ...session,
    }),
  ]);
  const actor = { accountId, operatorId, name: role, email, ipAddress: null };
  return { caller: { sessionToken, ipAddress: "192.0.2.1" }, actor };
}
