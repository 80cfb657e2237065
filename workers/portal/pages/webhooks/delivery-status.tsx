import { requeueDelivery } from "../../../../shared/contract/operations/deliveries.ts";
import { type DeliveryAttemptRow, readDelivery } from "../../../../shared/db/deliveries.ts";
import { mayRun } from "../../auth/may-run.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { formatCount } from "../../components/labels/common.ts";
import {
  deliveryErrorLabels,
  deliveryStateLabels,
  formatAttemptResult,
} from "../../components/labels/webhook.ts";
import { Card, Empty, Id, Pill } from "../../components/parts.tsx";
import { Table } from "../../components/table.tsx";
import { FullTime, TimeCell, ZoneContext } from "../../components/time.tsx";
import { getZone } from "../../http/zone-cookie.ts";
import { buildPath, getScope, type PortalContext } from "../../request-context.ts";

export type DeliveryDetail = NonNullable<Awaited<ReturnType<typeof readDelivery>>>;

/** Serves the changing part of a delivery's page, which the open page polls. */
export async function showDeliveryStatus(c: PortalContext) {
  const found = await readDelivery(c.env.DB, getScope(c), c.req.param("delivery") ?? "");
  return found === null
    ? unknownDelivery(c)
    : c.html(
        <ZoneContext.Provider value={getZone(c)}>
          <Status c={c} found={found} />
        </ZoneContext.Provider>,
      );
}

export const unknownDelivery = (c: PortalContext) =>
  renderErrorPage(
    c,
    404,
    "Delivery not found",
    "It belongs to another project or mode, or is older than 30 days.",
  );

/**
 * Shows the status of a delivery. Until its end, scripts update a note, and a link reloads the page without
 * scripts.
 */
export function LiveStatus({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  return (
    <>
      {isFinal(found) ? null : (
        <p class="live quiet">
          <span role="status" data-live-note>
            Updates automatically.
          </span>{" "}
          <a href={c.req.path}>Reload</a>
        </p>
      )}
      <Status c={c} found={found} />
    </>
  );
}

function Status({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, attempts } = found;
  const announcement = `${deliveryStateLabels[delivery.state].label}, after ${formatCount(attempts.length)} attempt${attempts.length === 1 ? "" : "s"}.`;
  return (
    <div
      class="stack"
      tabindex={-1}
      data-live={buildPath(c, `/deliveries/${delivery.deliveryId}/status`)}
      data-version={buildVersion(found)}
      data-said={announcement}
      data-at-end={isFinal(found) ? "" : undefined}
    >
      <Facts c={c} found={found} />
      <Attempts c={c} found={found} />
    </div>
  );
}

/**
 * Returns whether no further attempt is scheduled. A disabled endpoint gets none until an operator enables
 * it.
 */
function isFinal({ delivery, endpoint }: DeliveryDetail): boolean {
  return delivery.nextAttemptAt === null || !endpoint.isEnabled;
}

/** Returns a value that changes with every event of the delivery, but not with time alone. */
function buildVersion({ delivery, endpoint, attempts }: DeliveryDetail): string {
  const { epoch, state, nextAttemptAt } = delivery;
  return [epoch, state, nextAttemptAt, endpoint.isEnabled, attempts.at(-1)?.durationMs].join(".");
}

/** Says why a delivery has no attempt, and what happens next. */
function explainNoAttempt({ delivery, endpoint }: DeliveryDetail): string {
  if (delivery.state === "dead")
    return "This delivery was dropped before its first attempt. Retry it to send it.";
  if (!endpoint.isEnabled) return "The endpoint is disabled. The delivery is queued until you enable it.";
  return "The first attempt starts in a moment.";
}

function Attempts({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { attempts } = found;
  return (
    <Card title="Attempts" note={`${formatCount(attempts.length)} so far`}>
      {attempts.length === 0 ? (
        <Empty title="No attempts yet">
          <p>{explainNoAttempt(found)}</p>
        </Empty>
      ) : (
        <Table label="Attempts" head={["Attempt", "Result", "Response", "Duration", "Started"]} ends={[3]}>
          {attempts.toReversed().map((attempt) => (
            <AttemptRow c={c} attempt={attempt} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function Actions({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, endpoint } = found;
  if (!mayRun(c, requeueDelivery) || !endpoint.isEnabled) return null;
  const path = (action: string) => buildPath(c, `/deliveries/${delivery.deliveryId}/${action}`);
  switch (delivery.state) {
    case "failed":
    case "dead":
      return <ActionButton action={path("requeue")} label="Retry now" tone="primary" small={false} />;
    case "sent":
      return <ActionButton action={path("resend")} label="Resend" small={false} />;
    case "pending":
      return null;
  }
}

function Facts({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { delivery, event, endpoint } = found;
  const { state, nextAttemptAt, leaseUntil, endpointId } = delivery;
  const now = c.get("now");
  const isDeleted = endpoint.deletedAt !== null;
  const { label, tone } = deliveryStateLabels[state];
  return (
    <Card title="Status" note={<Pill tone={tone}>{label}</Pill>} pad>
      <dl class="facts">
        <dt>Endpoint</dt>
        <dd>
          {isDeleted ? endpoint.url : <a href={buildPath(c, `/webhooks/${endpointId}`)}>{endpoint.url}</a>}{" "}
          {isDeleted ? <Pill>Deleted</Pill> : endpoint.isEnabled ? null : <Pill tone="bad">Disabled</Pill>}
        </dd>
        <dt>Customer</dt>
        <dd>
          <CustomerLink c={c} subjectRef={delivery.subjectRef} />
        </dd>
        <dt>Event</dt>
        <dd>
          <Id value={delivery.eventId} />
          {event.sequence === null ? null : <span class="quiet"> sequence {event.sequence}</span>}
        </dd>
        <dt>Created</dt>
        <dd>
          <FullTime at={event.occurredAt} now={now} />
        </dd>
        {nextAttemptAt === null || !endpoint.isEnabled ? null : (
          <>
            <dt>{leaseUntil === null ? "Next attempt" : "In progress until"}</dt>
            <dd>
              <NextAttempt at={nextAttemptAt} now={now} isRunning={leaseUntil !== null} />
            </dd>
          </>
        )}
      </dl>
      <Actions c={c} found={found} />
    </Card>
  );
}

/** An attempt that is overdue is due now: the next worker that is free makes it. */
function NextAttempt({ at, now, isRunning }: { at: number; now: number; isRunning: boolean }) {
  return at <= now && !isRunning ? <>due now</> : <FullTime at={at} now={now} />;
}

function AttemptRow({ c, attempt }: { c: PortalContext; attempt: DeliveryAttemptRow }) {
  const { number, kind, startedAt, durationMs, httpStatus, error, excerpt } = attempt;
  return (
    <tr>
      <td class="num">
        {number}
        {kind === "manual" ? <small>by an operator</small> : null}
      </td>
      <td class="wrap">
        {durationMs === null ? (
          <Pill>In progress</Pill>
        ) : (
          <Pill tone={error === null ? "good" : "bad"}>{formatAttemptResult(httpStatus, error)}</Pill>
        )}
        {error === null ? null : <small>{deliveryErrorLabels[error].sentence}</small>}
      </td>
      <td class="wrap">
        {excerpt === null ? (
          <span class="quiet">nothing</span>
        ) : (
          <details id={`answer-${number}`}>
            <summary class="excerpt">{excerpt.slice(0, 80)}</summary>
            <pre class="wrap">{excerpt}</pre>
          </details>
        )}
      </td>
      <td>{durationMs === null ? "–" : `${formatCount(durationMs)} ms`}</td>
      <td>
        <TimeCell at={startedAt} now={c.get("now")} />
      </td>
    </tr>
  );
}
