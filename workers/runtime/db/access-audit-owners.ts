import { and, desc, eq, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { inScope, ofSubject } from "../../../shared/db/scope.ts";
import { customerMappings } from "../../../shared/db/tables/access-audits.ts";
import { productPrices } from "../../../shared/db/tables/configuration.ts";
import { checkoutAttempts, stripeEvents, stripeObjects } from "../../../shared/db/tables/stripe.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import type { CheckoutAttemptRow } from "./checkout-attempts.ts";

/** What D1 knows of the objects on a page. */
export interface PageFacts {
  /** Subjects by the Stripe id on record. */
  owners: Map<string, string>;
  attempts: Map<string, CheckoutAttemptRow>;
  /** Product codes by price. */
  products: Map<string, string>;
}

const among = (column: unknown, values: (string | null)[]) =>
  sql`${column} IN (SELECT value FROM json_each(${JSON.stringify(values.filter((value) => value !== null))}))`;

/** Reads what D1 knows of a page's objects, in one round trip. */
export async function readPageFacts(
  databases: Databases,
  connection: Scope & { connectionId: string },
  page: { stripeIds: (string | null)[]; attemptIds: (string | null)[]; priceIds: string[] },
): Promise<PageFacts> {
  const [[products], [owners, attempts]] = await queryBoth(
    databases,
    (database) => [
      database
        .select({ priceId: productPrices.stripePriceId, productCode: productPrices.productCode })
        .from(productPrices)
        .where(
          sql`${inScope(productPrices, connection)} AND ${among(productPrices.stripePriceId, page.priceIds)}`,
        ),
    ],
    (database) => [
      database
        .select({ stripeId: stripeObjects.stripeId, subjectRef: stripeObjects.subjectRef })
        .from(stripeObjects)
        .where(
          sql`${stripeObjects.connectionId} = ${connection.connectionId}
          AND ${among(stripeObjects.stripeId, page.stripeIds)}`,
        ),
      database.select().from(checkoutAttempts).where(among(checkoutAttempts.attemptId, page.attemptIds)),
    ],
  );
  return {
    owners: new Map(owners.map(({ stripeId, subjectRef }) => [stripeId, subjectRef])),
    attempts: new Map(attempts.map((attempt) => [attempt.attemptId, attempt])),
    products: new Map(products.map(({ priceId, productCode }) => [priceId, productCode])),
  };
}

/** Returns the subjects that the uploaded mapping names, by Stripe customer. */
export async function findMappedSubjects(
  db: D1Database,
  { projectId, mode }: Scope,
  customerIds: string[],
): Promise<Map<string, string>> {
  const rows = await drizzle(db)
    .select({ customerId: customerMappings.customerId, subjectRef: customerMappings.subjectRef })
    .from(customerMappings)
    .where(
      sql`${inScope(customerMappings, { projectId, mode })} AND ${among(customerMappings.customerId, customerIds)}`,
    );
  return new Map(rows.map(({ customerId, subjectRef }) => [customerId, subjectRef]));
}

/** Returns the newest failed Stripe event of the subject, or `null`. */
export async function findFailedEventOf(db: D1Database, key: SubjectKey): Promise<string | null> {
  const rows = await drizzle(db)
    .select({ eventId: stripeEvents.eventId })
    .from(stripeEvents)
    .where(and(ofSubject(stripeEvents, key), eq(stripeEvents.status, "failed")))
    .orderBy(desc(stripeEvents.receivedAt))
    .limit(1);
  return rows[0]?.eventId ?? null;
}
