import { readDelivery } from "../../../../shared/db/deliveries.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Id, PageHead } from "../../components/parts.tsx";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";
import { type DeliveryDetail, LiveStatus, unknownDelivery } from "./delivery-status.tsx";

export async function showDelivery(c: PortalContext) {
  const found = await readDelivery(c.env.DB, getScope(c), c.req.param("delivery") ?? "");
  if (found === null) return unknownDelivery(c);
  const { delivery, event } = found;
  return renderPage(
    c,
    { title: delivery.eventType },
    <>
      <PageHead
        title={delivery.eventType}
        lead={
          <>
            <a href={buildPath(c, "/deliveries")}>Deliveries</a> / <Id value={delivery.deliveryId} />
          </>
        }
      />
      <LiveStatus c={c} found={found} />
      <Card title="Headers">
        <pre class="payload" tabindex={0}>
          {formatHeaders(found)}
        </pre>
      </Card>
      <Card title="Payload" note={<CopyButton value={event.body} label="Copy all" />}>
        <pre class="payload" tabindex={0} data-payload>
          {JSON.stringify(JSON.parse(event.body), null, 2)}
        </pre>
      </Card>
    </>,
  );
}

/** Returns the headers of the delivery. Timestamp, signature and attempt number differ for each attempt. */
function formatHeaders({ delivery, attempts }: DeliveryDetail): string {
  const last = attempts.at(-1);
  const at = last === undefined ? "<seconds since 1970>" : Math.floor(last.startedAt / 1_000);
  return [
    "content-type: application/json; charset=utf-8",
    "user-agent: Licenzy-Webhooks/1",
    `webhook-id: ${delivery.eventId}`,
    `webhook-timestamp: ${at}`,
    "webhook-signature: v1,<HMAC-SHA256 with the endpoint's secret, not kept>",
    `licenzy-delivery: ${delivery.deliveryId}`,
    `licenzy-attempt: ${last?.number ?? 1}`,
  ].join("\n");
}
