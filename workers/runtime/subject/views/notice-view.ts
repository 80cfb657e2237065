import type { NoticeView } from "../../../../shared/contract/operations/customer-views.ts";
import { findEnd } from "../../../../shared/domain/known-end.ts";
import type { LedgerEntry } from "../../../../shared/domain/ledger.ts";
import { findClockNotices } from "../../../../shared/domain/notices.ts";
import type { Notice } from "../../../../shared/domain/signal-settings.ts";
import type { SubjectStore } from "../storage/store.ts";

/**
 * Returns the notices of a page of entries, newest first. Those that time alone caused after its newest entry are recorded
 * by the entry `next` after the page, or, on the first page, not yet recorded.
 */
export function toNoticeViews(
  store: SubjectStore,
  entries: readonly LedgerEntry[],
  next: LedgerEntry | undefined,
  now: number,
): NoticeView[] {
  const state = store.state();
  const { entitlements, records } = state;
  const toView = (notice: Notice, sequence: number): NoticeView => {
    const entitlement = entitlements.get(notice.entitlementId ?? "");
    return {
      type: notice.type,
      at: notice.at,
      sequence,
      byClock: notice.byClock === true,
      usageRemaining: notice.usageRemaining ?? null,
      entitlement:
        entitlement === undefined
          ? null
          : {
              entitlementId: entitlement.entitlementId,
              productCode: entitlement.productCode,
              end: findEnd(entitlement, records) ?? entitlement.expiresAt,
            },
    };
  };
  const later =
    next === undefined
      ? (findClockNotices({ state, at: state.head.at }, now)?.notices ?? [])
      : (next.notices ?? []).filter(({ byClock }) => byClock === true);
  const last = next === undefined ? state.head.sequence : next.sequence - 1;
  const recorded = entries.flatMap(({ sequence, notices = [] }) =>
    notices.toReversed().map((notice) => toView(notice, notice.byClock === true ? sequence - 1 : sequence)),
  );
  return [...later.toReversed().map((notice) => toView(notice, last)), ...recorded];
}
