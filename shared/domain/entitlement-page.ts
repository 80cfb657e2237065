import type { EntitlementListReply } from "../contract/entitlements.ts";
import { type Entitlement, sortNewestFirst } from "./entitlement.ts";
import { entitlementView, type SnapshotMoment } from "./entitlement-view.ts";

/** Builds a page of `GET /v1/entitlements`, newest first; `null` when `after` is not an entitlement of the subject. */
export function buildEntitlementPage(
  subjectRef: string,
  snapshot: SnapshotMoment & { entitlements: Entitlement[] },
  { limit, after }: { limit: number; after: string | undefined },
): EntitlementListReply | null {
  const all = sortNewestFirst(snapshot.entitlements);
  const start = after === undefined ? 0 : all.findIndex(({ entitlementId }) => entitlementId === after) + 1;
  if (after !== undefined && start === 0) return null;
  const page = all.slice(start, start + limit);
  return {
    subject_ref: subjectRef,
    entitlements: page.map((entitlement) => entitlementView(entitlement, snapshot)),
    has_more: start + page.length < all.length,
  };
}
