import { and, desc, eq, gte, lt } from "drizzle-orm";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { selectLastErasure } from "../../../shared/db/erasures.ts";
import { ofSubject } from "../../../shared/db/scope.ts";
import {
  type OperatorSession,
  type SessionKey,
  selectSession,
  toSession,
} from "../../../shared/db/session.ts";
import { stripeEvents, stripeObjects } from "../../../shared/db/tables/stripe.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";
import { type ConnectionWithProject, selectProjectConnection } from "./stripe-connections.ts";

export interface StripeCustomers {
  /** The connection of the subject's project and mode; `null` without one. */
  found: ConnectionWithProject | null;
  /** The ids of the subject's customers at Stripe, newest first. */
  customerIds: string[];
  /** The newest event that Stripe sent of the subject. */
  newestEventId: string | null;
}

/**
 * Returns the connection and the subject's customers at Stripe; none while the subject is being erased. Reads the session
 * in the same round trip.
 */
export async function readStripeCustomers(
  databases: Databases,
  key: SubjectKey,
  sessionKey: SessionKey,
): Promise<{ session: OperatorSession | null; ahead: StripeCustomers }> {
  const [[sessions, projects, connections], [objects, known, events, erased]] = await queryBoth(
    databases,
    (database) => [...selectSession(database, sessionKey), selectProjectConnection(database, key)],
    (database) => [
      database
        .select({ stripeId: stripeObjects.stripeId })
        .from(stripeObjects)
        .where(
          and(
            eq(stripeObjects.connectionId, connectionIdOf(key)),
            eq(stripeObjects.subjectRef, key.subjectRef),
            gte(stripeObjects.stripeId, "cus_"),
            lt(stripeObjects.stripeId, "cus`"),
          ),
        )
        .orderBy(desc(stripeObjects.createdAt), desc(stripeObjects.stripeId)),
      database
        .select({ stripeCustomerId: subjects.stripeCustomerId })
        .from(subjects)
        .where(ofSubject(subjects, key)),
      database
        .select({ eventId: stripeEvents.eventId })
        .from(stripeEvents)
        .where(ofSubject(stripeEvents, key))
        .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.eventId))
        .limit(1),
      selectLastErasure(database, key),
    ],
  );
  const ids =
    erased[0]?.state === "running"
      ? []
      : [...objects.map(({ stripeId }) => stripeId), known[0]?.stripeCustomerId ?? ""];
  const ahead = {
    found: connections[0] ?? null,
    customerIds: [...new Set(ids)].filter((id) => id !== ""),
    newestEventId: events[0]?.eventId ?? null,
  };
  return { session: toSession(sessions, projects), ahead };
}
