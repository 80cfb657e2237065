import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Actor, auditStatement } from "./audit.ts";
import { accounts, projects } from "./tables/configuration.ts";
import { members, setups } from "./tables/people.ts";
import { operatorIdentities, operators } from "./tables/sign-in.ts";

const onlyRow = "first owner";

export async function isSetUp(db: D1Database): Promise<boolean> {
  const rows = await drizzle(db).select({ name: setups.name }).from(setups).where(eq(setups.name, onlyRow));
  return rows.length > 0;
}

export interface FirstOwner {
  operatorId: string;
  name: string;
  email: string;
  passwordHash: string;
  account: { accountId: string; name: string };
  project: Pick<typeof projects.$inferInsert, "projectId" | "name" | "region">;
  ipAddress: string | null;
}

/**
 * The first owner with account and project, all in one transaction. The key of `setups` decides a race: the second one
 * throws and leaves nothing behind.
 */
export async function insertFirstOwner(db: D1Database, owner: FirstOwner, now: number): Promise<void> {
  const database = drizzle(db);
  const { operatorId, name, email } = owner;
  const { accountId } = owner.account;
  const actor: Actor = { accountId, operatorId, name, email, ipAddress: owner.ipAddress };
  const times = { createdAt: now, updatedAt: now };
  await database.batch([
    database.insert(setups).values({ name: onlyRow, operatorId, finishedAt: now }),
    ...newOperator(db, owner, now),
    database
      .insert(accounts)
      // No Keyring exists yet: the first key brings the plan along.
      .values({ ...owner.account, planStatus: "active", planSyncedAt: now, ...times }),
    database.insert(projects).values({ ...owner.project, accountId, ...times }),
    database.insert(members).values({ operatorId, accountId, role: "owner", ...times }),
    auditStatement(database, { actor, at: now, action: "installation.set_up", target: email }),
  ]);
}

/** The statements that make an operator who signs in with a password. */
export function newOperator(
  db: D1Database,
  person: { operatorId: string; name: string; email: string; passwordHash: string },
  now: number,
) {
  const database = drizzle(db);
  const times = { createdAt: new Date(now), updatedAt: new Date(now) };
  const { operatorId, name, email, passwordHash } = person;
  return [
    database.insert(operators).values({ id: operatorId, name, email, emailVerified: true, ...times }),
    database.insert(operatorIdentities).values({
      id: `credential:${operatorId}`,
      userId: operatorId,
      accountId: operatorId,
      providerId: "credential",
      password: passwordHash,
      ...times,
    }),
  ] as const;
}
