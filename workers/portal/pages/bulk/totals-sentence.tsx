import type { BulkActionType } from "../../../../shared/contract/operations/bulk-jobs.ts";
import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import type { BulkTotals } from "./totals.ts";

/** The job in one sentence: `200 customers: 163 denied → allowed, 37 keep their access, 2 unknown`. */
export function TotalsSentence({ totals, action }: { totals: BulkTotals; action: BulkActionType }) {
  const { gains, losses, keeps, states } = totals;
  const hasAccess = action !== "retry";
  const parts: [count: number, words: string, tone?: "good" | "bad"][] = [
    ...(hasAccess
      ? ([
          [gains, "denied → allowed", "good"],
          [losses, "allowed → denied", "bad"],
          [keeps, "with unchanged access"],
        ] as [number, string, "good" | "bad"][])
      : ([[states.ready + states.done, "with failures to retry"]] as [number, string][])),
    [states.changed, "changed since the preview", "bad"],
    [states.failed, "failed", "bad"],
    [states.refused, "not possible"],
    [states.unchanged, "with nothing to do"],
    [states.unknown, "unknown"],
    [states.erased, "erased"],
    [states.pending, "without preview"],
  ];
  const shown = parts.filter(([count]) => count > 0);
  return (
    <p class="outcome">
      <b>{formatCustomers(totals.all)}</b>:{" "}
      {shown.map(([count, words, tone], index) => (
        <>
          {index === 0 ? null : ", "}
          <span class={tone}>
            {formatCount(count)} {words}
          </span>
        </>
      ))}
      {shown.length === 0 ? "nothing to do" : null}.
    </p>
  );
}
