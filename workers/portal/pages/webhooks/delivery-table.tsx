import type { DeliveryRow } from "../../../../shared/db/deliveries.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { deliveryStateLabels, formatAttemptResult } from "../../components/labels/webhook.ts";
import { Id, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { DueTime, TimeCell } from "../../components/time.tsx";
import { Url } from "../../components/url.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";

interface DeliveryTableProps {
  c: PortalContext;
  deliveries: DeliveryRow[];
  /** The endpoints' URLs by id. `null` when all deliveries belong to one endpoint. */
  targets: ReadonlyMap<string, string> | null;
}

export function DeliveryTable({ c, deliveries, targets }: DeliveryTableProps) {
  const now = c.get("now");
  const columns = [
    "Event",
    "Status",
    "Customer",
    ...(targets === null ? [] : ["Endpoint"]),
    numberColumn("Attempts"),
    "Last change",
  ];
  return (
    <Table label="Deliveries" columns={columns}>
      {deliveries.map((delivery) => (
        <Row>
          <Cell>
            <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
              <b>{delivery.eventType}</b>
            </a>
            <small>
              <Id value={delivery.eventId} />
            </small>
          </Cell>
          <Cell class="wrap">
            <Pill tone={deliveryStateLabels[delivery.state].tone}>
              {deliveryStateLabels[delivery.state].label}
            </Pill>
            <small>
              <LastResult delivery={delivery} now={now} />
            </small>
          </Cell>
          <Cell class="wrap">
            <CustomerLink c={c} subjectRef={delivery.subjectRef} />
          </Cell>
          {targets === null ? null : (
            <Cell>
              <Url value={targets.get(delivery.endpointId) ?? "Deleted"} />
            </Cell>
          )}
          <Cell>{delivery.attempts}</Cell>
          <Cell>
            <TimeCell at={delivery.updatedAt} now={now} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function LastResult({ delivery, now }: { delivery: DeliveryRow; now: number }) {
  const { lastStatus, lastError, nextAttemptAt, state } = delivery;
  const result = formatAttemptResult(lastStatus, lastError);
  return (
    <>
      {result}
      {state === "failed" && nextAttemptAt !== null ? (
        <>
          {result === null ? null : " · "}retry <DueTime at={nextAttemptAt} now={now} />
        </>
      ) : null}
    </>
  );
}
