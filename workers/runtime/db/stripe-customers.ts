import { and, desc, eq, gte, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Databases } from "../../../shared/db/databases.ts";
import { selectLastErasure } from "../../../shared/db/erasures.ts";
import { ofSubject } from "../../../shared/db/scope.ts";
import { stripeEvents, stripeObjects } from "../../../shared/db/tables/stripe.ts";
import { subjects } from "../../../shared/db/tables/subjects.ts";
import type { SubjectKey } from "../../../shared/domain/subject-name.ts";
import { connectionIdOf } from "../../../shared/kit/ids.ts";
import { type ConnectionWithProject, readProjectConnection } from "./stripe-connections.ts";

interface StripeCustomers {
  /** The connection of the subject's project and mode; `null` without one. */
  found: ConnectionWithProject | null;
  /** The ids of the subject's customers at Stripe, newest first. */
  customerIds: string[];
  /** The newest event that Stripe sent of the subject. */
  newestEventId: string | null;
}

/** Returns the connection and the subject's customers at Stripe; none while the subject is being erased. */
export async function readStripeCustomers(
  { control, data }: Databases,
  key: SubjectKey,
): Promise<StripeCustomers> {
  const database = drizzle(data);
  const [found, [objects, known, events, erased]] = await Promise.all([
    readProjectConnection(control, key.projectId, key.mode),
    database.batch([
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
    ]),
  ]);
  const newestEventId = events[0]?.eventId ?? null;
  if (erased[0]?.state === "running") return { found, customerIds: [], newestEventId };
  const ids = [...objects.map(({ stripeId }) => stripeId), known[0]?.stripeCustomerId ?? ""];
  return { found, customerIds: [...new Set(ids)].filter((id) => id !== ""), newestEventId };
}
