import { subjectName } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { StripeReadError } from "../../../shared/stripe/client.ts";
import { UnreadableObjectError } from "../../../shared/stripe/object-fields.ts";
import { recordSweep } from "../db/stripe-connections.ts";
import { listSubjectsWithObjects } from "../db/stripe-objects.ts";
import type { ConnectionContext } from "./connection-context.ts";
import { describeNoOwner } from "./find-owner.ts";
import { applySync, readDifferences } from "./sync-subject.ts";

const maxSubjectsPerPage = 20;

/**
 * Reads every known subscription and payment, subject by subject. Used after a gap longer than Stripe's event
 * list covers. Reads one page per sweep and stores its position in the connection's row. At the end the
 * cursor is set to the time when the reread started, and the ordinary sweep continues from there.
 *
 * A subject that fails permanently must not block the others. It is skipped and named in the error that is
 * thrown after the page. If Stripe does not respond, the page ends at once and is read again in the next
 * sweep.
 */
export async function rereadPage(context: ConnectionContext): Promise<void> {
  const { env, connection, now } = context;
  const { connectionId } = connection;
  const rereadStartedAt = connection.rereadStartedAt ?? now;
  const page = await listSubjectsWithObjects(
    env.DB,
    connectionId,
    connection.rereadAfter ?? "",
    maxSubjectsPerPage,
  );
  const skipped: string[] = [];
  for (const subjectRef of page) {
    const failure = await rereadSubject(context, subjectRef);
    if (failure === null) continue;
    skipped.push(`${subjectRef}: ${failure}`);
    log("error", "stripe_reread.subject_passed_over", {
      connectionId,
      subjectTag: subjectTag(subjectName({ ...connection, subjectRef })),
      error: failure,
    });
  }
  const isDone = page.length < maxSubjectsPerPage;
  await recordSweep(
    env.DB,
    connectionId,
    isDone
      ? { sweptTo: rereadStartedAt, rereadStartedAt: null, rereadAfter: null }
      : { rereadStartedAt, rereadAfter: page.at(-1) ?? null, nextSweepAt: now },
  );
  if (skipped.length > 0) throw new Error(`customers skipped: ${skipped.join("; ")}`);
}

/**
 * Syncs one subject. Returns why it can't be synced, if another attempt would fail in the same way, else
 * `null`.
 */
async function rereadSubject(context: ConnectionContext, subjectRef: string): Promise<string | null> {
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

/**
 * Returns whether another attempt would fail in the same way: the object is missing in Stripe, or unreadable.
 */
function isPermanent(error: unknown): boolean {
  return error instanceof StripeReadError ? error.isMissing : error instanceof UnreadableObjectError;
}
