import { and, desc, eq, lt, or } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { InboxStatus } from "../../../shared/contract/enums.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { stripeEvents } from "../../../shared/db/tables/stripe.ts";

export interface StripeEventFilter {
  status?: InboxStatus;
  type?: string;
  subjectRef?: string;
  /** The last event of the previous page. */
  before?: { receivedAt: number; eventId: string };
}

const listColumns = {
  connectionId: stripeEvents.connectionId,
  eventId: stripeEvents.eventId,
  type: stripeEvents.type,
  status: stripeEvents.status,
  detail: stripeEvents.detail,
  subjectRef: stripeEvents.subjectRef,
  tries: stripeEvents.tries,
  receivedAt: stripeEvents.receivedAt,
  stripeCreatedAt: stripeEvents.stripeCreatedAt,
  foundBy: stripeEvents.foundBy,
  deliveredAt: stripeEvents.deliveredAt,
};

/** Returns a page of the inbox, newest first, without payloads. */
export async function listStripeEvents(
  db: D1Database,
  scope: Scope,
  filter: StripeEventFilter,
  limit: number,
) {
  const { status, type, subjectRef, before } = filter;
  return drizzle(db)
    .select(listColumns)
    .from(stripeEvents)
    .where(
      and(
        inScope(stripeEvents, scope),
        status === undefined ? undefined : eq(stripeEvents.status, status),
        type === undefined ? undefined : eq(stripeEvents.type, type),
        subjectRef === undefined ? undefined : eq(stripeEvents.subjectRef, subjectRef),
        before === undefined
          ? undefined
          : or(
              lt(stripeEvents.receivedAt, before.receivedAt),
              and(eq(stripeEvents.receivedAt, before.receivedAt), lt(stripeEvents.eventId, before.eventId)),
            ),
      ),
    )
    .orderBy(desc(stripeEvents.receivedAt), desc(stripeEvents.eventId))
    .limit(limit);
}

export type StripeEventListItem = Awaited<ReturnType<typeof listStripeEvents>>[number];
