import type { JobKey } from "../../../shared/contract/messages.ts";
import { dataByNumber, dataOf } from "../../../shared/db/databases.ts";
import type { BackfillFinding, StripeBackfillRow } from "../../../shared/db/stripe-backfills.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { advanceBackfill, claimBackfills, releaseBackfill, renewBackfill } from "../db/stripe-backfills.ts";
import { readConnection } from "../db/stripe-connections.ts";
import { listSubjectsWithObjects } from "../db/stripe-objects.ts";
import type { RuntimeEnv } from "../env.ts";
import { type ConnectionContext, createConnectionContext } from "../stripe-events/connection-context.ts";
import { describeNoOwner } from "../stripe-events/find-owner.ts";
import { isPermanent } from "../stripe-events/is-permanent.ts";
import { applySync, readDifferences } from "../stripe-events/sync-subject.ts";
import { type Budget, workThrough } from "./work-through.ts";

/**
 * Runs backfills: reads every customer with known Stripe objects, page by page. The row in `stripe_backfills` holds the
 * progress, and is the schedule.
 *
 * A page is recorded when all its customers were read. After a crash it is read again once the lease ends, which is safe:
 * facts that the ledger has are merged without effect. If two workers run one backfill, a page counts once
 * (`advanceBackfill`). A customer that can't be read, now or later, is skipped and named. If Stripe does not respond, the
 * customers before are recorded, and the backfill is tried again in a minute.
 */

const subjectsPerPage = 20;
/** A page ends early after this time, so that progress is recorded well before the lease ends. */
const pageMs = 15_000;
/** Longer than a page and the calls of its last customer. */
const leaseMs = 120_000;
const tryAgainMs = 60_000;
const concurrency = 5;
const maxPerSweep = 20;

export async function sweepBackfills(
  env: RuntimeEnv,
  budget: Budget,
  database: number,
): Promise<{ run: number }> {
  const claim = async (limit: number) => {
    const now = await currentTime(env.DEV);
    return claimBackfills(dataByNumber(env, database), { now, leaseUntil: now + leaseMs }, limit);
  };
  const run = await workThrough(claim, { ...budget, concurrency, max: maxPerSweep }, async (key) => {
    const { jobId } = key;
    try {
      await runBackfill(env, key, budget);
    } catch (error) {
      const message = errorMessage(error);
      log("error", "stripe_backfill.turn_failed", { jobId, error: message });
      const dueAt = (await currentTime(env.DEV)) + tryAgainMs;
      // If this fails too, the lease ends by itself.
      await releaseBackfill(dataOf(env, key), jobId, { dueAt, error: message }).catch(() => undefined);
    }
  });
  return { run };
}

/** Reads pages until the backfill ends or is stopped, or the budget ends. */
async function runBackfill(env: RuntimeEnv, key: JobKey, budget: Budget): Promise<void> {
  const { jobId } = key;
  while (Date.now() < budget.endBy) {
    const now = await currentTime(env.DEV);
    const backfill = await renewBackfill(dataOf(env, key), jobId, now + leaseMs);
    if (backfill === null) return;
    const found = await readConnection(env.DB, backfill.connectionId);
    if (found === null) throw new Error("the Stripe connection no longer exists");
    const cause = { type: "stripe_read" as const, id: backfill.connectionId, because: "sweep" };
    await readPage(createConnectionContext(env, found, cause, now), backfill);
  }
  await releaseBackfill(dataOf(env, key), jobId, { dueAt: await currentTime(env.DEV), error: null });
}

async function readPage(context: ConnectionContext, backfill: StripeBackfillRow): Promise<void> {
  const { env, connection } = context;
  const endBy = Date.now() + pageMs;
  const subjects = await listSubjectsWithObjects(
    dataOf(env, connection),
    connection.connectionId,
    backfill.cursor,
    subjectsPerPage,
  );
  const skipped: BackfillFinding[] = [];
  const record = async (done: number, isOver: boolean) => {
    const last = subjects[done - 1] ?? backfill.cursor;
    await advanceBackfill(
      dataOf(env, backfill),
      backfill,
      { last, done, skipped, isOver },
      await currentTime(env.DEV),
    );
  };
  for (const [index, subjectRef] of subjects.entries()) {
    if (Date.now() >= endBy) return record(index, false);
    try {
      const message = await readSubject(context, subjectRef);
      if (message !== null) skipped.push({ subjectRef, message });
    } catch (error) {
      if (index > 0) await record(index, false);
      throw error;
    }
  }
  await record(subjects.length, subjects.length < subjectsPerPage);
}

/** Syncs one customer. Returns why another attempt would fail in the same way, else `null`. */
async function readSubject(context: ConnectionContext, subjectRef: string): Promise<string | null> {
  const message = await syncSubject(context, subjectRef);
  if (message === null) return null;
  const { connectionId } = context.connection;
  const tag = subjectTag(subjectName({ ...context.connection, subjectRef }));
  log("error", "stripe_backfill.subject_skipped", { connectionId, subjectTag: tag, error: message });
  return message;
}

async function syncSubject(context: ConnectionContext, subjectRef: string): Promise<string | null> {
  try {
    const read = await readDifferences(context, subjectRef);
    switch (read.outcome) {
      case "read":
        // An erasure that starts before the merge leaves nothing to sync.
        await applySync(context, read.differences);
        return null;
      case "erased":
        return null;
      case "foreign":
      case "unknown_attempt":
        return describeNoOwner(read);
    }
  } catch (error) {
    if (!isPermanent(error)) throw error;
    return errorMessage(error);
  }
}
