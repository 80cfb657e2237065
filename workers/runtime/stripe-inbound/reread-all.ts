import { d1 } from "../../../shared/db/deadline.ts";
import { recordSweep } from "../../../shared/db/stripe-connections.ts";
import { subjectsWithObjects } from "../../../shared/db/stripe-objects.ts";
import type { Inbound } from "./inbound.ts";
import { applySync, readDifferences } from "./sync-subject.ts";

const subjectsPerPage = 20;

/**
 * After a gap longer than Stripe lists events for: reads every known subscription and payment instead, subject by
 * subject. One page per sweep, the place is kept in the connection's row; at the end the cursor stands where it began,
 * and the ordinary sweep goes on from there.
 */
export async function rereadPage(inbound: Inbound): Promise<void> {
  const { env, connection, now } = inbound;
  const { connectionId } = connection;
  const rereadStartedAt = connection.rereadStartedAt ?? now;
  const page = await d1(
    subjectsWithObjects(env.DB, connectionId, connection.rereadAfter ?? "", subjectsPerPage),
  );
  for (const subjectRef of page) await applySync(inbound, await readDifferences(inbound, subjectRef));
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
}
