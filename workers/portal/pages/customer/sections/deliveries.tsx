import { requeueDelivery } from "../../../../../shared/contract/operations/deliveries.ts";
import { mayRun } from "../../../auth/may-run.ts";
import { ActionButton } from "../../../components/fields.tsx";
import { deliveryStateLabels, formatAttemptResult } from "../../../components/labels/webhook.ts";
import { Empty, Pill } from "../../../components/parts.tsx";
import { Table } from "../../../components/table.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerDelivery, CustomerLists } from "../../../db/customer.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";

const maxShown = 20;

interface Props {
  c: PortalContext;
  subjectRef: string;
  lists: CustomerLists;
}

export function Deliveries({ c, subjectRef, lists: { deliveries } }: Props) {
  const now = c.get("now");
  const canRequeue = mayRun(c, requeueDelivery) && deliveries.slice(0, maxShown).some(isRequeueable);
  return (
    <div id="deliveries">
      {deliveries.length === 0 ? (
        <Empty title="No webhooks sent yet">
          <p>Licenzy sends an event to your endpoints with every change of this customer.</p>
        </Empty>
      ) : (
        <Table
          label="Webhook deliveries"
          head={["Event", "Status", "Attempts", "Response", "Created", ...(canRequeue ? ["Actions"] : [])]}
          ends={[2]}
        >
          {deliveries.slice(0, maxShown).map((delivery) => (
            <tr>
              <td>
                <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
                  <b>{delivery.eventType}</b>
                </a>
                <small>to {new URL(delivery.url).host}</small>
              </td>
              <td>
                <Pill tone={deliveryStateLabels[delivery.state].tone}>
                  {deliveryStateLabels[delivery.state].label}
                </Pill>
              </td>
              <td>{delivery.attempts}</td>
              <td>
                {formatAttemptResult(delivery.lastStatus, delivery.lastError) ?? (
                  <span class="quiet">None yet</span>
                )}
              </td>
              <td>
                <Time at={delivery.occurredAt} now={now} />
              </td>
              {canRequeue ? (
                <td>
                  <Requeue c={c} subjectRef={subjectRef} delivery={delivery} />
                </td>
              ) : null}
            </tr>
          ))}
        </Table>
      )}
      {deliveries.length > maxShown ? (
        <p class="pad">
          <a href={buildPath(c, `/deliveries?customer=${encodeURIComponent(subjectRef)}`)}>
            View all deliveries
          </a>
        </p>
      ) : null}
    </div>
  );
}

const isRequeueable = ({ state }: CustomerDelivery): boolean => state === "failed" || state === "dead";

function Requeue({
  c,
  subjectRef,
  delivery,
}: {
  c: PortalContext;
  subjectRef: string;
  delivery: CustomerDelivery;
}) {
  if (!isRequeueable(delivery)) return null;
  return (
    <ActionButton
      action={buildPath(c, `/deliveries/${delivery.deliveryId}/requeue`)}
      label="Retry"
      fields={{ subject_ref: subjectRef }}
    />
  );
}
