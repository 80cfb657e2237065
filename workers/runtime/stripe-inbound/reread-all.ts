import { d1 } from "../../../shared/db/deadline.ts";
import { recordSweep } from "../../../shared/db/stripe-connections.ts";
import { subjectsWithObjects } from "../../../shared/db/stripe-objects.ts";
import { subjectName } from "../../../shared/domain/subject-name.ts";
import { errorMessage, log } from "../../../shared/kit/log.ts";
import { subjectTag } from "../../../shared/kit/subject-tag.ts";
import { StripeNotAnswering } from "../../../shared/stripe/gateway.ts";
import { UnreadableObject } from "../../../shared/stripe/object-fields.ts";
import { Erased, NotOurs, Unroutable } from "./find-owner.ts";
import type { Inbound } from "./inbound.ts";
import { applySync, readDifferences } from "./sync-subject.ts";

const subjectsPerPage = 20;

/**
 * After a gap longer than Stripe lists events for: reads every known subscription and payment instead, subject by
 * subject. One page per sweep, the place is kept in the connection's row; at the end the cursor stands where it began,
 * and the ordinary sweep goes on from there.
 *
 * A subject that can't be read however often Stripe is asked must not stop all others for ever: it is passed over, and
 * named in the error that ends the page. When Stripe is silent the page ends at once and is read again.
 */
export async function rereadPage(inbound: Inbound): Promise<void> {
  const { env, connection, now } = inbound;
  const { connectionId } = connection;
  const rereadStartedAt = connection.rereadStartedAt ?? now;
  const page = await d1(
    subjectsWithObjects(env.DB, connectionId, connection.rereadAfter ?? "", subjectsPerPage),
  );
  const passedOver: string[] = [];
  for (const subjectRef of page) {
    try {
      await applySync(inbound, await readDifferences(inbound, subjectRef));
    } catch (error) {
      if (error instanceof Erased) continue;
      if (!staysUnreadable(error)) throw error;
      passedOver.push(`${subjectRef}: ${errorMessage(error)}`);
      log("error", "stripe_reread.subject_passed_over", {
        connectionId,
        subjectTag: subjectTag(subjectName({ ...connection, subjectRef })),
        error: errorMessage(error),
      });
    }
  }
  const isDone = page.length < subjectsPerPage;
  await d1(
    recordSweep(
      env.DB,
      connectionId,
      isDone
        ? { sweptTo: rereadStartedAt, rereadStartedAt: null, rereadAfter: null }
        : { rereadStartedAt, rereadAfter: page.at(-1) ?? null, nextSweepAt: now },
    ),
  );
  if (passedOver.length > 0) throw new Error(`customers that could not be read: ${passedOver.join("; ")}`);
}

/** Whether asking again would bring the same: Stripe has no such object, or it can't be read or routed. */
function staysUnreadable(error: unknown): boolean {
  if (error instanceof StripeNotAnswering) return error.isMissing;
  return error instanceof UnreadableObject || error instanceof NotOurs || error instanceof Unroutable;
}
