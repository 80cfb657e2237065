import {
  editEndpoint,
  revealSecret,
  sendTestEvent,
} from "../../../../shared/contract/operations/endpoints.ts";
import { mayRun } from "../../auth/may-run.ts";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { formatCappedCount } from "../../components/labels/common.ts";
import { deliveryStateLabels } from "../../components/labels/webhook.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, Id, PageHead } from "../../components/parts.tsx";
import { FullTime } from "../../components/time.tsx";
import { type EndpointHealth, readEndpointDetail } from "../../db/webhooks.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { DeliveryTable } from "./delivery-table.tsx";
import { EndpointStatus, Notice } from "./endpoints.tsx";

const maxLatest = 10;

export async function showEndpoint(c: PortalContext) {
  const endpointId = c.req.param("endpoint") ?? "";
  const found = await readEndpointDetail(getData(c), getScope(c), endpointId, maxLatest);
  if (found === null) return unknownEndpoint(c);
  const { endpoint, latest } = found;
  return renderPage(
    c,
    { title: endpoint.url },
    <>
      <PageHead
        title={endpoint.url}
        lead={
          <>
            <a href={buildPath(c, "/webhooks")}>Webhooks</a> / <Id value={endpointId} />
          </>
        }
      >
        <Actions c={c} endpoint={endpoint} />
      </PageHead>
      <Notice c={c} endpoint={endpoint} />
      <Facts c={c} endpoint={endpoint} />
      <Secret c={c} endpoint={endpoint} />
      <Card
        title="Latest deliveries"
        note={<a href={buildPath(c, `/deliveries?endpoint=${endpointId}`)}>View all</a>}
      >
        {latest.length === 0 ? (
          <Empty title="No deliveries yet">
            <p>Send a test event to see one now.</p>
          </Empty>
        ) : (
          <DeliveryTable c={c} deliveries={latest} targets={null} />
        )}
      </Card>
    </>,
  );
}

export const unknownEndpoint = (c: PortalContext) =>
  renderErrorPage(c, 404, "Endpoint not found", "It belongs to another project or mode, or was deleted.");

function Actions({ c, endpoint }: { c: PortalContext; endpoint: EndpointHealth }) {
  const { endpointId, isEnabled } = endpoint;
  const path = (action: string) => buildPath(c, `/webhooks/${endpointId}/${action}`);
  const canOperate = mayRun(c, sendTestEvent);
  const canConfigure = mayRun(c, editEndpoint);
  return (
    <>
      {canOperate && isEnabled ? (
        <ActionButton action={path("test")} label="Send test event" tone="primary" small={false} />
      ) : null}
      {canConfigure && !isEnabled ? (
        <a class="button primary" href={path("enable")}>
          Enable endpoint…
        </a>
      ) : null}
      {canOperate ? (
        <a class="button" href={path("replay")}>
          Replay events…
        </a>
      ) : null}
      {canConfigure ? (
        <>
          <a class="button" href={path("edit")}>
            Edit endpoint
          </a>
          {isEnabled ? (
            <ActionButton action={path("disable")} label="Disable endpoint…" small={false} confirms />
          ) : null}
          <ActionButton
            action={path("delete")}
            label="Delete endpoint…"
            tone="danger"
            small={false}
            confirms
          />
        </>
      ) : null}
    </>
  );
}

function Facts({ c, endpoint }: { c: PortalContext; endpoint: EndpointHealth }) {
  const { description, eventTypes, lastSuccessAt, failingSince, consecutiveFailures, open, dead, createdAt } =
    endpoint;
  const now = c.get("now");
  return (
    <Card title="Health" note={<EndpointStatus endpoint={endpoint} now={now} />} pad>
      <dl class="facts">
        {description === "" ? null : (
          <>
            <dt>Description</dt>
            <dd>{description}</dd>
          </>
        )}
        <dt>Events</dt>
        <dd>
          {eventTypes.map((type) => (
            <>
              <code>{type}</code>{" "}
            </>
          ))}
        </dd>
        <dt>Last success</dt>
        <dd>{lastSuccessAt === null ? "Never" : <FullTime at={lastSuccessAt} now={now} />}</dd>
        {failingSince === null ? null : (
          <>
            <dt>Failing since</dt>
            <dd>
              <FullTime at={failingSince} now={now} />, {consecutiveFailures} attempt
              {consecutiveFailures === 1 ? "" : "s"} in a row. Licenzy disables the endpoint after 5 days of
              failures.
            </dd>
          </>
        )}
        <dt>Queued</dt>
        <dd class="num">{formatCappedCount(open)}</dd>
        <dt>{deliveryStateLabels.dead.label}</dt>
        <dd class="num">{formatCappedCount(dead)}</dd>
        <dt>Added</dt>
        <dd>
          <FullTime at={createdAt} now={now} />
        </dd>
      </dl>
    </Card>
  );
}

function Secret({ c, endpoint }: { c: PortalContext; endpoint: EndpointHealth }) {
  if (!mayRun(c, revealSecret)) return null;
  const path = (action: string) => buildPath(c, `/webhooks/${endpoint.endpointId}/${action}`);
  return (
    <Card title="Signing secret" pad>
      <p>
        Every request is signed by <a href="https://www.standardwebhooks.com">Standard Webhooks</a>. Your
        backend verifies the signature with this secret. Revealing it requires recent authentication and is
        recorded in the audit log.
      </p>
      <div class="row">
        <ActionButton action={path("reveal")} label="Reveal secret" />
        <a class="button small" href={path("rotate")}>
          Rotate secret…
        </a>
      </div>
    </Card>
  );
}
