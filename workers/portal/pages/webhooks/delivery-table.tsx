import type { DeliveryRow } from "../../../../shared/db/deliveries.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { deliveryStateLabels, formatAttemptResult } from "../../components/labels/webhook.ts";
import { Id, Pill } from "../../components/parts.tsx";
import { Table } from "../../components/table.tsx";
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
  const head = [
    "Event",
    "Status",
    "Customer",
    ...(targets === null ? [] : ["Endpoint"]),
    "Attempts",
    "Last change",
  ];
  return (
    <Table label="Deliveries" head={head} ends={[head.indexOf("Attempts")]}>
      {deliveries.map((delivery) => (
        <tr>
          <td>
            <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
              <b>{delivery.eventType}</b>
            </a>
            <small>
              <Id value={delivery.eventId} />
            </small>
          </td>
          <td class="wrap">
            <Pill tone={deliveryStateLabels[delivery.state].tone}>
              {deliveryStateLabels[delivery.state].label}
            </Pill>
            <small>
              <LastResult delivery={delivery} now={now} />
            </small>
          </td>
          <td class="wrap">
            <CustomerLink c={c} subjectRef={delivery.subjectRef} />
          </td>
          {targets === null ? null : (
            <td>
              <Url value={targets.get(delivery.endpointId) ?? "Deleted"} />
            </td>
          )}
          <td>{delivery.attempts}</td>
          <td>
            <TimeCell at={delivery.updatedAt} now={now} />
          </td>
        </tr>
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
