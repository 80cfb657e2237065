import { and, asc, desc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import type { Scope } from "../../../shared/contract/scope.ts";
import { countOpenAlerts, needsAttention } from "../../../shared/db/alerts.ts";
import { type Databases, queryBoth } from "../../../shared/db/databases.ts";
import { inScope } from "../../../shared/db/scope.ts";
import { alertChannels, alertRuleSettings, alerts } from "../../../shared/db/tables/alerts.ts";
import { members } from "../../../shared/db/tables/people.ts";
import { operators } from "../../../shared/db/tables/sign-in.ts";

export const inboxViews = ["open", "mine", "snoozed", "closed"] as const;
export type InboxView = (typeof inboxViews)[number];

export interface InboxFilter {
  view: InboxView;
  /** The signed-in operator, for `mine`. */
  operatorId: string;
  /** The last alert of the previous page. */
  after: string | null;
}

/**
 * Reads a page of the inbox, the number of items of each view but `closed`, and the members to assign to, in one
 * round trip. The most urgent are first, then the oldest; closed ones newest first.
 */
export async function readInbox(
  databases: Databases,
  scope: Scope,
  accountId: string,
  { view, operatorId, after }: InboxFilter,
  { now, limit }: { now: number; limit: number },
) {
  const isOpen = and(inScope(alerts, scope), isNull(alerts.resolvedAt));
  const isMine = and(isOpen, eq(alerts.assignedTo, operatorId));
  const isSnoozed = and(isOpen, sql`snoozed_until > ${now}`);
  const isClosed = and(inScope(alerts, scope), isNotNull(alerts.resolvedAt));
  const which = { open: needsAttention(scope, now), mine: isMine, snoozed: isSnoozed, closed: isClosed }[
    view
  ];
  const isAfter =
    after === null
      ? undefined
      : view === "closed"
        ? sql`(resolved_at, alert_id) < (SELECT resolved_at, alert_id FROM alerts WHERE alert_id = ${after})`
        : sql`(urgency, opened_at, alert_id) >
            (SELECT urgency, opened_at, alert_id FROM alerts WHERE alert_id = ${after})`;
  const order =
    view === "closed"
      ? [desc(alerts.resolvedAt), desc(alerts.alertId)]
      : [asc(alerts.urgency), asc(alerts.openedAt), asc(alerts.alertId)];
  const count = { items: sql<number>`count(*)` };
  const [[people], [items, [open], [mine], [snoozed]]] = await queryBoth(
    databases,
    (database) => [
      database
        .select({ operatorId: members.operatorId, name: operators.name })
        .from(members)
        .innerJoin(operators, eq(operators.id, members.operatorId))
        .where(eq(members.accountId, accountId))
        .orderBy(asc(operators.name)),
    ],
    (database) => [
      database
        .select()
        .from(alerts)
        .where(and(which, isAfter))
        .orderBy(...order)
        .limit(limit),
      countOpenAlerts(database, scope, now),
      database.select(count).from(alerts).where(isMine),
      database.select(count).from(alerts).where(isSnoozed),
    ],
  );
  const counts = { open: open?.open ?? 0, mine: mine?.items ?? 0, snoozed: snoozed?.items ?? 0 };
  return { items, counts, people };
}

export type InboxItem = Awaited<ReturnType<typeof readInbox>>["items"][number];
export type InboxPerson = Awaited<ReturnType<typeof readInbox>>["people"][number];

/** A column of the newest message of a channel. */
const newestMessage = <T>(column: string) =>
  sql<T | null>`(SELECT ${sql.raw(column)} FROM alert_messages
    WHERE alert_messages.channel_id = alert_channels.channel_id ORDER BY created_at DESC LIMIT 1)`;

/** Reads the stored settings of rules, and the channels with their newest message, in one round trip. */
export async function readAlertSettings(db: D1Database, scope: Scope) {
  const database = drizzle(db);
  const [settings, channels] = await database.batch([
    database.select().from(alertRuleSettings).where(inScope(alertRuleSettings, scope)),
    database
      .select({
        channelId: alertChannels.channelId,
        kind: alertChannels.kind,
        addressHint: alertChannels.addressHint,
        createdAt: alertChannels.createdAt,
        lastState: newestMessage<string>("state").as("last_state"),
        lastExcerpt: newestMessage<string>("last_excerpt").as("last_excerpt"),
        lastStatus: newestMessage<number>("last_status").as("last_status"),
        lastAt: newestMessage<number>("created_at").as("last_at"),
      })
      .from(alertChannels)
      .where(inScope(alertChannels, scope))
      .orderBy(asc(alertChannels.channelId)),
  ]);
  return { settings, channels };
}

export type AlertChannel = Awaited<ReturnType<typeof readAlertSettings>>["channels"][number];
