import { type DeliveryDetail, readDelivery } from "../../../../shared/db/deliveries.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Id, PageHead, Pill } from "../../components/parts.tsx";
import { FullTime } from "../../components/time.tsx";
import { Url } from "../../components/url.tsx";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { LiveStatus, unknownDelivery } from "./delivery-status.tsx";

export async function showDelivery(c: PortalContext) {
  const found = await readDelivery(getData(c), getScope(c), c.req.param("delivery") ?? "");
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
      <p class="delivery-facts">
        <Target c={c} found={found} />
        {delivery.subjectRef === null ? null : (
          <>
            {" "}
            for <CustomerLink c={c} subjectRef={delivery.subjectRef} />
          </>
        )}{" "}
        · event <Id value={delivery.eventId} />
        {event.sequence === null ? null : <span class="quiet"> sequence {event.sequence}</span>} · created{" "}
        <FullTime at={event.occurredAt} now={c.get("now")} />
      </p>
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

function Target({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, endpoint } = found;
  const { url, deletedAt, isEnabled } = endpoint;
  if (deletedAt !== null)
    return (
      <>
        To <Url value={url} /> <Pill>Deleted</Pill>
      </>
    );
  return (
    <>
      To{" "}
      <a href={buildPath(c, `/webhooks/${delivery.endpointId}`)}>
        <Url value={url} />
      </a>
      {isEnabled ? null : (
        <>
          {" "}
          <Pill tone="bad">Disabled</Pill>
        </>
      )}
    </>
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
