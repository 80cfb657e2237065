import {
  type OutboundEventType,
  type SignalType,
  signalTypes,
  type UsageEventType,
  usageEventTypes,
} from "../../../shared/contract/outbound-event.ts";
import type { Scope } from "../../../shared/contract/scope.ts";

/** A change of a customer, by its newest outbound event. */
export interface RecentChange {
  eventId: string;
  type: Exclude<OutboundEventType, UsageEventType | SignalType>;
  subjectRef: string;
  occurredAt: number;
  productCode: string | null;
  reason: string;
}

const shown = 8;
/** Usage can be most of the events. It is left out of the newest ones, not searched past. */
const read = 200;

/** A signal repeats what the event of its cause says. */
const hiddenTypes = [...usageEventTypes, ...signalTypes].map((type) => `'${type}'`).join(", ");

const selectChanges = `
  SELECT event_id AS eventId, type, subject_ref AS subjectRef, occurred_at AS occurredAt,
    body ->> '$.data.product_code' AS productCode, body ->> '$.data.reason' AS reason
  FROM (SELECT * FROM events WHERE project_id = ?1 AND mode = ?2 ORDER BY event_id DESC LIMIT ${read})
  WHERE subject_ref IS NOT NULL AND type NOT IN (${hiddenTypes})
  LIMIT ${shown}`;

export const prepareRecentChanges = (db: D1Database, { projectId, mode }: Scope): D1PreparedStatement =>
  db.prepare(selectChanges).bind(projectId, mode);

export const toRecentChanges = (result: D1Result | undefined): RecentChange[] =>
  (result?.results ?? []) as unknown as RecentChange[];
