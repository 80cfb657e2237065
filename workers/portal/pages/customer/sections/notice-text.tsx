import type { NoticeView } from "../../../../../shared/contract/operations/customer-views.ts";
import { formatUnits, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import { noticeNames } from "../../../components/labels/customer.ts";

/** Names a signal with its event type, such as `Low balance: 90 units left`. */
export function NoticeText({
  notice: { type, usageRemaining, entitlement },
  names,
}: {
  notice: NoticeView;
  names: ProductNames;
}) {
  return (
    <>
      <b>{noticeNames[type]}</b>
      {usageRemaining === null ? null : `: ${formatUnits(usageRemaining)} left`}
      {entitlement === null ? null : (
        <>
          : <a href={`#${entitlement.entitlementId}`}>{nameProduct(names, entitlement.productCode)}</a>
        </>
      )}{" "}
      <code>{type}</code>
    </>
  );
}
