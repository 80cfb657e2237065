import { and, eq, isNull, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { CheckoutAttemptStatus, Mode, Region } from "../contract/words.ts";
import { subjectName } from "../domain/subject-name.ts";
import { subjectTag } from "../kit/subject-tag.ts";
import { lastErasure, subjectHash } from "./erasures.ts";
import { products, projects, stripeConnections } from "./tables/configuration.ts";
import { checkoutAttempts, stripeObjects } from "./tables/stripe.ts";
import { subjects } from "./tables/subjects.ts";

export type CheckoutAttemptRow = typeof checkoutAttempts.$inferSelect;

export interface CheckoutScope {
  projectId: string;
  mode: Mode;
  subjectRef: string;
}

const ofScope = (scope: CheckoutScope, idempotencyKeyHash: string) =>
  and(
    eq(checkoutAttempts.projectId, scope.projectId),
    eq(checkoutAttempts.mode, scope.mode),
    eq(checkoutAttempts.subjectRef, scope.subjectRef),
    eq(checkoutAttempts.idempotencyKeyHash, idempotencyKeyHash),
  );

/** Everything that one checkout request needs to know, in one round trip. */
export async function readForCheckout(
  db: D1Database,
  scope: CheckoutScope,
  idempotencyKeyHash: string,
  productCode: string,
) {
  const database = drizzle(db);
  const [attempts, productRows, connections, projectRows, subjectRows, erased] = await database.batch([
    database.select().from(checkoutAttempts).where(ofScope(scope, idempotencyKeyHash)),
    database
      .select()
      .from(products)
      .where(
        and(
          eq(products.projectId, scope.projectId),
          eq(products.mode, scope.mode),
          eq(products.productCode, productCode),
        ),
      ),
    database
      .select()
      .from(stripeConnections)
      .where(and(eq(stripeConnections.projectId, scope.projectId), eq(stripeConnections.mode, scope.mode))),
    database.select().from(projects).where(eq(projects.projectId, scope.projectId)),
    database
      .select({ stripeCustomerId: subjects.stripeCustomerId })
      .from(subjects)
      .where(
        and(
          eq(subjects.projectId, scope.projectId),
          eq(subjects.mode, scope.mode),
          eq(subjects.subjectRef, scope.subjectRef),
        ),
      ),
    lastErasure(database, scope),
  ]);
  return {
    erasure: erased[0] ?? null,
    attempt: attempts[0] ?? null,
    product: productRows[0] ?? null,
    connection: connections[0] ?? null,
    project: projectRows[0] ?? null,
    stripeCustomerId: subjectRows[0]?.stripeCustomerId ?? null,
  };
}

/**
 * Inserts the attempt unless one with the same idempotency key exists; returns the one that is there. Makes the subject
 * known with it: whoever paid while Stripe's event is still under way must be found by a search. `erasedAt` is when the
 * erasure was asked that the caller knows of, if any: where another came since, what the attempt was made from is erased,
 * and nothing may be there.
 */
export async function insertAttempt(
  db: D1Database,
  region: Region,
  attempt: typeof checkoutAttempts.$inferInsert,
  erasedAt: number | null,
): Promise<CheckoutAttemptRow> {
  const database = drizzle(db);
  const { projectId, mode, subjectRef, createdAt } = attempt;
  const tag = subjectTag(subjectName({ projectId, mode, subjectRef }));
  const [, , , rows] = await database.batch([
    database.insert(checkoutAttempts).values(attempt).onConflictDoNothing(),
    database
      .delete(checkoutAttempts)
      .where(
        and(
          eq(checkoutAttempts.attemptId, attempt.attemptId),
          sql`(SELECT max(asked_at) FROM erasures WHERE subject_hash = ${subjectHash(attempt)}) IS NOT ${erasedAt}`,
        ),
      ),
    database
      .insert(subjects)
      .select(
        sql`SELECT project_id, mode, subject_ref, ${tag}, ${region}, NULL, 0, '', NULL, NULL, NULL, ${createdAt}
          FROM checkout_attempts WHERE attempt_id = ${attempt.attemptId}`,
      )
      .onConflictDoNothing(),
    database.select().from(checkoutAttempts).where(ofScope(attempt, attempt.idempotencyKeyHash)),
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error("the checkout attempt is neither inserted nor there");
  return row;
}

/**
 * Takes over an attempt that has no session yet and that nobody is at work on. `refrozen` replaces the request of an
 * attempt that Stripe refused. Returns the row as it is now, or `null` when somebody else was faster.
 */
export async function leaseAttempt(
  db: D1Database,
  attemptId: string,
  lease: { leaseId: string; leaseUntil: number; now: number },
  refrozen: { frozen: string; requestHash: string; productCode: string } | null,
): Promise<CheckoutAttemptRow | null> {
  const rows = await drizzle(db)
    .update(checkoutAttempts)
    .set({
      leaseId: lease.leaseId,
      leaseUntil: lease.leaseUntil,
      status: "created",
      updatedAt: lease.now,
      // Another request is another call: its first try may have made a session that has expired since.
      ...(refrozen === null ? {} : { ...refrozen, tryNumber: sql`try_number + 1` }),
    })
    .where(
      and(
        eq(checkoutAttempts.attemptId, attemptId),
        isNull(checkoutAttempts.stripeSessionId),
        or(isNull(checkoutAttempts.leaseUntil), lt(checkoutAttempts.leaseUntil, lease.now)),
      ),
    )
    .returning();
  return rows[0] ?? null;
}

/** Ends the work on an attempt that got no session. `refused` raises the try number: the next call is a new one. */
export async function releaseAttempt(
  db: D1Database,
  attemptId: string,
  leaseId: string,
  change: { status: CheckoutAttemptStatus; refused: boolean; now: number },
): Promise<void> {
  await drizzle(db)
    .update(checkoutAttempts)
    .set({
      leaseId: null,
      leaseUntil: null,
      status: change.status,
      tryNumber: change.refused ? sql`try_number + 1` : sql`try_number`,
      updatedAt: change.now,
    })
    .where(and(eq(checkoutAttempts.attemptId, attemptId), eq(checkoutAttempts.leaseId, leaseId)));
}

/** Forgets a customer that Stripe says is deleted, and lets the attempt go on without: as a new call. */
export async function forgetCustomer(
  db: D1Database,
  attempt: CheckoutAttemptRow,
  frozenWithoutCustomer: string,
  stripeCustomerId: string,
): Promise<void> {
  const database = drizzle(db);
  await database.batch([
    database
      .update(subjects)
      .set({ stripeCustomerId: null })
      .where(
        and(
          eq(subjects.projectId, attempt.projectId),
          eq(subjects.mode, attempt.mode),
          eq(subjects.subjectRef, attempt.subjectRef),
          eq(subjects.stripeCustomerId, stripeCustomerId),
        ),
      ),
    database
      .update(checkoutAttempts)
      .set({ frozen: frozenWithoutCustomer, tryNumber: sql`try_number + 1` })
      .where(eq(checkoutAttempts.attemptId, attempt.attemptId)),
  ]);
}

/**
 * Records the session that Stripe made, and whose it is. Returns `false` when the lease has gone to somebody else, or
 * the attempt has become another call meanwhile: who stalled past a lease must not write over who took over.
 */
export async function completeAttempt(
  db: D1Database,
  attempt: CheckoutAttemptRow,
  leaseId: string,
  session: {
    id: string;
    url: string;
    expiresAt: number;
    amountTotal: number | null;
    currency: string | null;
  },
  now: number,
): Promise<boolean> {
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(checkoutAttempts)
      .set({
        stripeSessionId: session.id,
        checkoutUrl: session.url,
        expiresAt: session.expiresAt,
        amountTotal: session.amountTotal,
        currency: session.currency,
        leaseId: null,
        leaseUntil: null,
        updatedAt: now,
      })
      .where(
        and(
          eq(checkoutAttempts.attemptId, attempt.attemptId),
          eq(checkoutAttempts.leaseId, leaseId),
          eq(checkoutAttempts.requestHash, attempt.requestHash),
          eq(checkoutAttempts.tryNumber, attempt.tryNumber),
        ),
      ),
    // Without its attempt the customer is erased, and nothing of them is remembered.
    database
      .insert(stripeObjects)
      .select(
        sql`SELECT ${attempt.connectionId}, ${session.id}, subject_ref, attempt_id, ${now}
        FROM checkout_attempts WHERE attempt_id = ${attempt.attemptId}`,
      )
      .onConflictDoNothing(),
  ]);
  return meta.changes > 0;
}

/** The attempt, and the latest erasure of the customer that it is said to be of. */
export async function readSale(db: D1Database, attemptId: string, key: CheckoutScope) {
  const database = drizzle(db);
  const [attempts, erased] = await database.batch([
    database.select().from(checkoutAttempts).where(eq(checkoutAttempts.attemptId, attemptId)),
    lastErasure(database, key),
  ]);
  return { attempt: attempts[0] ?? null, erasure: erased[0] ?? null };
}
