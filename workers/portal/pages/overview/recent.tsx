import type {
  OutboundEventType,
  SignalType,
  UsageEventType,
} from "../../../../shared/contract/outbound-event.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { Icon, type IconName } from "../../components/icon.tsx";
import { nameProduct, type ProductNames } from "../../components/labels/common.ts";
import { Card } from "../../components/parts.tsx";
import { Time } from "../../components/time.tsx";
import type { RecentChange } from "../../db/recent-changes.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

type ChangeLabel = [title: string, icon: IconName];

const typeLabels: Record<Exclude<OutboundEventType, UsageEventType | SignalType>, ChangeLabel> = {
  "purchase.finalized": ["Purchase completed", "circle-check"],
  "entitlement.updated": ["Entitlement updated", "refresh-cw"],
  "subscription.updated": ["Subscription updated", "refresh-cw"],
  "subscription.deleted": ["Subscription ended", "circle-x"],
  "invoice.payment_succeeded": ["Renewal paid", "circle-check"],
  "invoice.payment_failed": ["Renewal failed", "circle-x"],
};

/** What an operator did, by the public reason of its event. */
const reasonLabels: Readonly<Record<string, ChangeLabel>> = {
  manual_grant: ["Access granted", "gift"],
  manual_revoke: ["Access revoked", "ban"],
  manual_adjustment: ["Credits adjusted", "pencil"],
  hold_lifted: ["Hold lifted", "check"],
  undo: ["Change undone", "undo-2"],
};

/** The newest changes of customers, without usage. */
export function Recent({
  c,
  changes,
  names,
}: {
  c: PortalContext;
  changes: RecentChange[];
  names: ProductNames;
}) {
  return (
    <Card title="Recent activity" note={<a href={buildPath(c, "/customers")}>View customers</a>}>
      {changes.length === 0 ? (
        <p class="pad quiet">Purchases and access changes appear here.</p>
      ) : (
        <ul class="recent">
          {changes.map((change) => {
            const [title, icon] = labelOf(change);
            return (
              <li>
                <Icon name={icon} />
                <span>
                  <b>{title}</b>{" "}
                  {change.productCode === null ? null : (
                    <span class="quiet">{nameProduct(names, change.productCode)}</span>
                  )}
                </span>
                <bdi class="recent-customer">
                  <CustomerLink c={c} subjectRef={change.subjectRef} />
                </bdi>
                <Time at={change.occurredAt} now={c.get("now")} />
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

function labelOf({ type, reason }: RecentChange): ChangeLabel {
  const own = Object.entries(reasonLabels).find(([key]) => key === reason)?.[1];
  return own ?? typeLabels[type];
}
