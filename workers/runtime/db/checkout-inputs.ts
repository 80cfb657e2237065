import { and, eq } from "drizzle-orm";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { selectLastErasure } from "../../../shared/db/erasures.ts";
import { inScope, ofSubject } from "../../../shared/db/scope.ts";
import { products, projects, stripeConnections } from "../../../shared/db/tables/configuration.ts";
import { checkoutAttempts } from "../../../shared/db/tables/stripe.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { matchesRequest } from "./checkout-attempts.ts";

/** Reads everything that one checkout request needs, in one round trip. */
export async function readCheckoutInputs(
  databases: Databases,
  scope: SubjectKey,
  idempotencyKeyHash: string,
  productCode: string,
) {
  const [[productRows, connections, projectRows], [attempts, subjectRows, erased]] = await queryBoth(
    databases,
    (database) => [
      database
        .select()
        .from(products)
        .where(and(inScope(products, scope), eq(products.productCode, productCode))),
      database.select().from(stripeConnections).where(inScope(stripeConnections, scope)),
      database.select().from(projects).where(eq(projects.projectId, scope.projectId)),
    ],
    (database) => [
      database.select().from(checkoutAttempts).where(matchesRequest(scope, idempotencyKeyHash)),
      database
        .select({ stripeCustomerId: subjects.stripeCustomerId })
        .from(subjects)
        .where(ofSubject(subjects, scope)),
      selectLastErasure(database, scope),
    ],
  );
  return {
    erasure: erased[0] ?? null,
    attempt: attempts[0] ?? null,
    product: productRows[0] ?? null,
    connection: connections[0] ?? null,
    project: projectRows[0] ?? null,
    stripeCustomerId: subjectRows[0]?.stripeCustomerId ?? null,
  };
}
