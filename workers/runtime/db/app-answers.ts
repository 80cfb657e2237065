import { and, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { shadowDisagreements } from "../../../shared/db/tables/shadow.ts";

/** What the app itself answered about a customer. */
export interface AppAnswer {
  allowed: boolean;
}

/** Returns the app's latest answers since `since` that differed from Licenzy's, by subject. */
export async function readAppAnswers(
  db: D1Database,
  scope: Scope,
  subjectRefs: string[],
  since: number,
): Promise<Map<string, AppAnswer>> {
  const rows = await drizzle(db)
    .select({ subjectRef: shadowDisagreements.subjectRef, allowed: shadowDisagreements.appAllowed })
    .from(shadowDisagreements)
    .where(
      and(
        inScope(shadowDisagreements, scope),
        sql`${shadowDisagreements.subjectRef} IN (SELECT value FROM json_each(${JSON.stringify(subjectRefs)}))`,
        // The plus keeps SQLite from the index by age, which reads every recent row of the project.
        sql`+${shadowDisagreements.at} >= ${since}`,
      ),
    );
  return new Map(rows.map(({ subjectRef, allowed }) => [subjectRef, { allowed }]));
}
