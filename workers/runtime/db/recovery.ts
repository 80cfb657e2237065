import { and, eq, inArray, or, sql } from "drizzle-orm";
import type { DenialReason } from "../../../shared/contract/enums.ts";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { hashSubjectName, selectLastErasure } from "../../../shared/db/erasures.ts";
import { inScope, ofSubject } from "../../../shared/db/scope.ts";
import { products, stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { recoveryRequests } from "../../../shared/db/tables/recovery.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";

interface RecoveryKey {
  keyHash: string;
  requestHash: string;
  requestId: string;
  reason: DenialReason | null;
  now: number;
}

/**
 * Remembers the request's key, unless an earlier request or a running erasure has it, and reads what the request needs, in
 * one round trip: the products, and those that they name to be sold instead. `request` is the row of the key: that of the first request with it.
 */
export async function readRecoveryInputs(
  databases: Databases,
  scope: SubjectKey,
  { keyHash, requestHash, requestId, reason, now }: RecoveryKey,
  productCodes: string[],
) {
  const { projectId, mode, subjectRef } = scope;
  const [[connections, productRows], [, requests, subjectRows, erased]] = await queryBoth(
    databases,
    (database) => [
      database.select().from(stripeConnections).where(inScope(stripeConnections, scope)),
      database
        .select()
        .from(products)
        .where(
          and(
            inScope(products, scope),
            or(
              inArray(products.productCode, productCodes),
              inArray(
                products.productCode,
                database
                  .select({ code: products.sellInstead })
                  .from(products)
                  .where(and(inScope(products, scope), inArray(products.productCode, productCodes))),
              ),
            ),
          ),
        ),
    ],
    (database) => [
      database
        .insert(recoveryRequests)
        .select(
          // In the order of the table's columns: drizzle names all of them.
          sql`SELECT ${projectId}, ${mode}, ${subjectRef}, ${keyHash}, ${requestHash}, ${requestId}, ${now}, ${reason}, NULL
        WHERE NOT EXISTS (SELECT 1 FROM erasures
          WHERE subject_hash = ${hashSubjectName(scope)} AND state = 'running')`,
        )
        .onConflictDoNothing(),
      database
        .select()
        .from(recoveryRequests)
        .where(and(ofSubject(recoveryRequests, scope), eq(recoveryRequests.keyHash, keyHash))),
      database
        .select({ stripeCustomerId: subjects.stripeCustomerId })
        .from(subjects)
        .where(ofSubject(subjects, scope)),
      selectLastErasure(database, scope),
    ],
  );
  return {
    request: requests[0] ?? null,
    connection: connections[0] ?? null,
    stripeCustomerId: subjectRows[0]?.stripeCustomerId ?? null,
    products: productRows,
    isErasing: erased[0]?.state === "running",
  };
}
