import type { ProductTerms } from "../../../../shared/contract/operations/copy-product.ts";
import type { IncludedUnits, ProductSignals } from "../../../../shared/contract/operations/products.ts";
import { formatCount, formatUnits } from "../../components/labels/common.ts";
import { describeProduct } from "../products/list.tsx";

/** What a product grants and signals, in a few words, for a comparison of two modes. */

type Grant = Pick<ProductTerms, "kind" | "units" | "durationDays" | "expiresAfterDays" | "included">;

/** Such as `access while paid, 1,000 units a month`. */
export const describeGrant = ({ included, ...product }: Grant): string =>
  included === null ? describeProduct(product) : `${describeProduct(product)}, ${describeIncluded(included)}`;

function describeIncluded({ units, every, rolloverWindows, rolloverMax, inTrial }: IncludedUnits): string {
  const windows = rolloverWindows === 1 ? "1 window" : `${rolloverWindows} windows`;
  const kept = rolloverMax === null ? "" : ` (at most ${formatCount(rolloverMax)})`;
  return [
    `${formatUnits(units)} ${every === "month" ? "a month" : "a period"}`,
    ...(rolloverWindows === 0 ? [] : [`usable for ${windows} more${kept}`]),
    ...(inTrial === null ? [] : [`${formatCount(inTrial)} in a trial`]),
  ].join(", ");
}

/** Such as `low at 10%, expiring notice 7 days before`; a dash for the project's own. */
export function describeSignals({ lowBalance, lowBalanceIn, expiringDays }: ProductSignals): string {
  const low = lowBalanceIn === "percent" ? `${lowBalance}%` : formatUnits(lowBalance ?? 0);
  const days = expiringDays === 1 ? "1 day" : `${expiringDays} days`;
  return (
    [
      ...(lowBalance === null ? [] : [lowBalance === 0 ? "no low balance" : `low at ${low}`]),
      ...(expiringDays === null
        ? []
        : [expiringDays === 0 ? "no expiring notice" : `expiring notice ${days} before`]),
    ].join(", ") || "—"
  );
}
