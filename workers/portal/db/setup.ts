import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { type Actor, auditStatement } from "../../../shared/db/audit.ts";
import { accounts, projects } from "../../../shared/db/tables/configuration.ts";
import { members, setups } from "../../../shared/db/tables/people.ts";
import { operatorIdentities, operators } from "../../../shared/db/tables/sign-in.ts";

const setupRowName = "first owner";

export async function isSetUp(db: D1Database): Promise<boolean> {
  const rows = await drizzle(db)
    .select({ name: setups.name })
    .from(setups)
    .where(eq(setups.name, setupRowName));
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
 * Inserts the first owner with account and project, in one transaction. The primary key of `setups` decides a
 * race: the second call throws and writes nothing.
 */
export async function insertFirstOwner(db: D1Database, owner: FirstOwner, now: number): Promise<void> {
  const database = drizzle(db);
  const { operatorId, name, email } = owner;
  const { accountId } = owner.account;
  const actor: Actor = { accountId, operatorId, name, email, ipAddress: owner.ipAddress };
  const times = { createdAt: now, updatedAt: now };
  await database.batch([
    database.insert(setups).values({ name: setupRowName, operatorId, finishedAt: now }),
    ...buildOperatorInserts(db, owner, now),
    database
      .insert(accounts)
      // Counts as synced because no Keyring exists yet: the first key is sent together with the plan.
      .values({ ...owner.account, planStatus: "active", planSyncedAt: now, ...times }),
    database.insert(projects).values({ ...owner.project, accountId, ...times }),
    database.insert(members).values({ operatorId, accountId, role: "owner", ...times }),
    auditStatement(database, { actor, at: now, action: "installation.set_up", target: email }),
  ]);
}

/** Builds the statements that insert an operator who signs in with a password. */
export function buildOperatorInserts(
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
