import { and, eq, inArray, isNull, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { CheckoutAttemptStatus, Region } from "../../../shared/contract/enums.ts";
import { hashSubjectName, selectLastErasure } from "../../../shared/db/erasures.ts";
import { ofSubject } from "../../../shared/db/scope.ts";
import { checkoutAttempts, stripeObjects } from "../../../shared/db/tables/stripe.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import { type SubjectKey, subjectName } from "../../../shared/domain/subject-name.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { isAwaitingPaymentSql } from "./customer-summary.ts";

export type CheckoutAttemptRow = typeof checkoutAttempts.$inferSelect;

/** Selects the attempt of the request with this idempotency key. */
export const matchesRequest = (scope: SubjectKey, idempotencyKeyHash: string) =>
  and(ofSubject(checkoutAttempts, scope), eq(checkoutAttempts.idempotencyKeyHash, idempotencyKeyHash));

/**
 * Inserts the attempt unless one with the same idempotency key exists. Returns the stored attempt. Also
 * registers the subject in D1, so that a search finds a customer who has paid before Stripe's event arrives.
 *
 * `erasedAt` is `asked_at` of the newest erasure known to the caller, or `null`. If a newer erasure exists,
 * the data behind the attempt has been erased: the attempt is deleted again in the same transaction, and the
 * call throws.
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
          sql`(SELECT max(asked_at) FROM erasures WHERE subject_hash = ${hashSubjectName(attempt)}) IS NOT ${erasedAt}`,
        ),
      ),
    database
      .insert(subjects)
      .select(
        // In the order of the table's columns: drizzle names all of them.
        sql`SELECT project_id, mode, subject_ref, ${tag}, ${region}, NULL, 0, '', NULL, NULL, NULL, NULL, NULL, NULL,
          ${createdAt}, 'denied', NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 0
          FROM checkout_attempts WHERE attempt_id = ${attempt.attemptId}`,
      )
      .onConflictDoNothing(),
    database.select().from(checkoutAttempts).where(matchesRequest(attempt, attempt.idempotencyKeyHash)),
  ]);
  const [row] = rows;
  if (row === undefined)
    throw new Error("the subject was erased while its checkout attempt was being created");
  return row;
}

/**
 * Leases an attempt that has no session yet and no active lease. `refrozen` replaces the request of an
 * attempt that Stripe refused. Returns the updated row, or `null` when another request holds the attempt.
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
      // A new try number gives Stripe a new idempotency key: the earlier call may have created a session that
      // has expired.
      ...(refrozen === null ? {} : { ...refrozen, tryNumber: sql`try_number + 1` }),
    })
    .where(
      and(
        eq(checkoutAttempts.attemptId, attemptId),
        isNull(checkoutAttempts.stripeSessionId),
        // An event may have settled it since it was read: then there is nothing left to create.
        inArray(checkoutAttempts.status, ["created", "failed"]),
        or(isNull(checkoutAttempts.leaseUntil), lt(checkoutAttempts.leaseUntil, lease.now)),
      ),
    )
    .returning();
  return rows[0] ?? null;
}

/**
 * Ends the lease of an attempt that got no session. `refused` raises the try number, so that the next call is
 * a new one.
 */
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
    .where(
      and(
        eq(checkoutAttempts.attemptId, attemptId),
        eq(checkoutAttempts.leaseId, leaseId),
        inArray(checkoutAttempts.status, ["created", "failed"]),
      ),
    );
}

/**
 * Clears a customer that Stripe reports as deleted. The attempt continues without the customer, as a new call
 * to Stripe.
 */
export async function clearDeletedStripeCustomer(
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
      .where(and(ofSubject(subjects, attempt), eq(subjects.stripeCustomerId, stripeCustomerId))),
    database
      .update(checkoutAttempts)
      .set({ frozen: frozenWithoutCustomer, tryNumber: sql`try_number + 1` })
      .where(eq(checkoutAttempts.attemptId, attempt.attemptId)),
  ]);
}

/**
 * Records the session that Stripe created, and the subject that owns it. Returns `false` when another request
 * has taken over the lease or changed the attempt: a request that stalled past its lease must not overwrite
 * its successor. Nor may it follow a sale that metadata alone identified, which would then be sold twice.
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
          inArray(checkoutAttempts.status, ["created", "failed"]),
        ),
      ),
    // A missing attempt means that the customer was erased, so the session is not recorded either.
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

/** Reads the attempt, and the newest erasure of the customer that the caller attributes it to. */
export async function readAttemptAndErasure(db: D1Database, attemptId: string, key: SubjectKey) {
  const database = drizzle(db);
  const [attempts, erased] = await database.batch([
    database.select().from(checkoutAttempts).where(eq(checkoutAttempts.attemptId, attemptId)),
    selectLastErasure(database, key),
  ]);
  return { attempt: attempts[0] ?? null, erasure: erased[0] ?? null };
}

/** Whether a checkout of the row of `subjects` waits for its payment. */
const isAwaitingPayment = sql.raw(isAwaitingPaymentSql);

/** The order of the statuses. A late event never moves an attempt back. */
const rank: Record<CheckoutAttemptStatus, number> = {
  created: 0,
  processing: 1,
  failed: 2,
  finalized: 3,
};

/**
 * Moves the attempt forward to `status`, unless it is already there or further. Returns whether it moved. The customer's
 * row follows in the same transaction.
 */
export async function advanceCheckoutAttempt(
  db: D1Database,
  attemptId: string,
  status: CheckoutAttemptStatus,
  now: number,
): Promise<boolean> {
  const earlier = Object.entries(rank).flatMap(([name, value]) => (value < rank[status] ? [name] : []));
  const database = drizzle(db);
  const [{ meta }] = await database.batch([
    database
      .update(checkoutAttempts)
      .set({ status, updatedAt: now })
      .where(
        and(
          eq(checkoutAttempts.attemptId, attemptId),
          sql`${checkoutAttempts.status} IN (SELECT value FROM json_each(${JSON.stringify(earlier)}))`,
        ),
      ),
    database
      .update(subjects)
      .set({ awaitsPayment: sql`${isAwaitingPayment}` })
      .where(
        sql`(project_id, mode, subject_ref) IN (SELECT project_id, mode, subject_ref FROM checkout_attempts
          WHERE attempt_id = ${attemptId}) AND awaits_payment <> ${isAwaitingPayment}`,
      ),
  ]);
  return meta.changes > 0;
}
