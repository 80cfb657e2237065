import { requeueDelivery } from "../../../../../shared/contract/operations/deliveries.ts";
import { mayRun } from "../../../auth/may-run.ts";
import { ActionButton } from "../../../components/fields.tsx";
import { deliveryStateLabels, formatAttemptResult } from "../../../components/labels/webhook.ts";
import { Empty, Pill } from "../../../components/parts.tsx";
import { actionsColumn, Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
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
          columns={[
            "Event",
            "Status",
            numberColumn("Attempts"),
            "Response",
            "Created",
            ...(canRequeue ? [actionsColumn] : []),
          ]}
        >
          {deliveries.slice(0, maxShown).map((delivery) => (
            <Row>
              <Cell>
                <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
                  <b>{delivery.eventType}</b>
                </a>
                <small>to {new URL(delivery.url).host}</small>
              </Cell>
              <Cell>
                <Pill tone={deliveryStateLabels[delivery.state].tone}>
                  {deliveryStateLabels[delivery.state].label}
                </Pill>
              </Cell>
              <Cell>{delivery.attempts}</Cell>
              <Cell>
                {formatAttemptResult(delivery.lastStatus, delivery.lastError) ?? (
                  <span class="quiet">None yet</span>
                )}
              </Cell>
              <Cell>
                <Time at={delivery.occurredAt} now={now} />
              </Cell>
              {canRequeue ? (
                <Cell>
                  <Requeue c={c} subjectRef={subjectRef} delivery={delivery} />
                </Cell>
              ) : null}
            </Row>
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
      label="Retry delivery"
      fields={{ subject_ref: subjectRef }}
    />
  );
}
