import { createEndpoint } from "../../../../shared/contract/operations/endpoints.ts";
import { mayRun } from "../../auth/may-run.ts";
import { formatCappedCount } from "../../components/labels/common.ts";
import { deliveryStateLabels, disableReasonMessages } from "../../components/labels/webhook.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, PageHead, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { Elapsed, Time, TimeCell } from "../../components/time.tsx";
import { Url } from "../../components/url.tsx";
import { type EndpointHealth, listEndpointHealth } from "../../db/webhooks.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";

export async function showEndpoints(c: PortalContext) {
  const endpoints = await listEndpointHealth(getData(c), getScope(c));
  const canChange = mayRun(c, createEndpoint);
  const add = (
    <a class="button primary" href={buildPath(c, "/webhooks/new")}>
      Add endpoint
    </a>
  );
  return renderPage(
    c,
    { title: "Webhooks" },
    <>
      <PageHead
        title="Webhooks"
        lead="Send events to your backend. Signed, at-least-once, retried for 56 hours."
      >
        {canChange && endpoints.length > 0 ? add : null}
      </PageHead>
      {endpoints.map((endpoint) => (
        <Notice c={c} endpoint={endpoint} />
      ))}
      <Card>
        {endpoints.length === 0 ? (
          <Empty title={`No endpoints in ${c.get("mode")} mode yet`}>
            <p>Get purchases, renewals and access changes sent to your backend in real time.</p>
            {canChange ? add : <p>An admin can add one.</p>}
          </Empty>
        ) : (
          <Table
            label="Webhook endpoints"
            columns={[
              "Endpoint",
              "Status",
              "Last success",
              numberColumn("Queued"),
              numberColumn(deliveryStateLabels.dead.label),
            ]}
          >
            {endpoints.map((endpoint) => (
              <EndpointRow c={c} endpoint={endpoint} />
            ))}
          </Table>
        )}
      </Card>
    </>,
  );
}

/** Warns about an endpoint that was disabled automatically. */
export function Notice({ c, endpoint }: { c: PortalContext; endpoint: EndpointHealth }) {
  const { endpointId, url, isEnabled, disableReason, disabledAt, open } = endpoint;
  if (isEnabled || disableReason === null || disableReason === "operator") return null;
  return (
    <div class="notice bad">
      <p>
        <b>{url} is disabled.</b> {disableReasonMessages[disableReason]}{" "}
        {disabledAt === null ? null : <Time at={disabledAt} now={c.get("now")} />}. {formatCappedCount(open)}{" "}
        deliveries are queued. Fix your endpoint, then{" "}
        <a href={buildPath(c, `/webhooks/${endpointId}/enable`)}>enable it</a>.
      </p>
    </div>
  );
}

function EndpointRow({ c, endpoint }: { c: PortalContext; endpoint: EndpointHealth }) {
  const { endpointId, url, description, eventTypes, lastSuccessAt, open, dead } = endpoint;
  const now = c.get("now");
  const list = (states: string) => buildPath(c, `/deliveries?endpoint=${endpointId}&status=${states}`);
  return (
    <Row>
      <Cell class="wrap">
        <a href={buildPath(c, `/webhooks/${endpointId}`)}>
          <b>
            <Url value={url} />
          </b>
        </a>
        <small>
          {description === "" ? null : `${description} · `}
          {eventTypes.length} event type{eventTypes.length === 1 ? "" : "s"}
        </small>
      </Cell>
      <Cell>
        <EndpointStatus endpoint={endpoint} now={now} />
      </Cell>
      <Cell>
        {lastSuccessAt === null ? (
          <span class="quiet">Never</span>
        ) : (
          <TimeCell at={lastSuccessAt} now={now} />
        )}
      </Cell>
      <Cell>
        {open === 0 ? <span class="quiet">0</span> : <a href={list("open")}>{formatCappedCount(open)}</a>}
      </Cell>
      <Cell>
        {dead === 0 ? <span class="quiet">0</span> : <a href={list("dead")}>{formatCappedCount(dead)}</a>}
      </Cell>
    </Row>
  );
}

export function EndpointStatus({ endpoint, now }: { endpoint: EndpointHealth; now: number }) {
  const { isEnabled, failingSince } = endpoint;
  if (!isEnabled) return <Pill tone="bad">Disabled</Pill>;
  if (failingSince === null) return <Pill tone="good">Enabled</Pill>;
  return (
    <>
      <Pill tone="warn">Failing</Pill>
      <small>
        for <Elapsed since={failingSince} now={now} />
      </small>
    </>
  );
}
