import type { CustomerAccessReply } from "../contract/entitlements.ts";
import { statusAt } from "./availability.ts";
import { type Decision, toCustomerStatus } from "./decision.ts";
import { dayMs, type Entitlement, type Moment, sortNewestFirst } from "./entitlement.ts";
import { entitlementView, type SnapshotMoment } from "./entitlement-view.ts";

const maxListed = 100;
const endedListedMs = 30 * dayMs;

interface Snapshot extends SnapshotMoment {
  decision: Decision;
  entitlements: Entitlement[];
  /** Units left in all usable packs. */
  usageRemaining: number;
}

/** Builds the reply of `GET /v1/customer/access`: what has not ended, or ended within 30 days, at most 100. */
export function buildCustomerAccess(subjectRef: string, snapshot: Snapshot): CustomerAccessReply {
  const { decision, at } = snapshot;
  const listed = sortNewestFirst(snapshot.entitlements.filter((entitlement) => isListed(entitlement, at)));
  return {
    subject_ref: subjectRef,
    has_access: decision.allowed,
    status: toCustomerStatus(decision),
    reason: decision.allowed ? null : decision.reason,
    usage_remaining: snapshot.usageRemaining,
    usage_reserved: Object.values(snapshot.reservedByEntitlement).reduce((sum, units) => sum + units, 0),
    entitlements: listed.slice(0, maxListed).map((entitlement) => entitlementView(entitlement, snapshot)),
    has_more: listed.length > maxListed,
    as_of: new Date(at).toISOString(),
  };
}

function isListed(entitlement: Entitlement, now: Moment): boolean {
  const status = statusAt(entitlement, now);
  if (status !== "canceled" && status !== "expired") return true;
  const endedAt =
    (status === "canceled" ? entitlement.canceledAt : entitlement.expiresAt) ?? entitlement.updatedAt;
  return endedAt > now - endedListedMs;
}
