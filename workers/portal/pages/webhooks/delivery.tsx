import { mayActAs } from "../../../../shared/contract/roles.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { type DeliveryAttemptRow, readDelivery } from "../../../../shared/db/deliveries.ts";
import { errorPage } from "../../components/error-page.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { page } from "../../components/frame.tsx";
import { Card, CopyButton, Empty, Id, PageHead, Pill, Table } from "../../components/parts.tsx";
import { FullTime, Time } from "../../components/time.tsx";
import { count } from "../../components/words.ts";
import { type PortalContext, pathTo, placeOf } from "../../request-context.ts";
import { Customer } from "./delivery-table.tsx";
import { errorNames, stateNames, stateTones } from "./words.ts";

type Detail = NonNullable<Awaited<ReturnType<typeof readDelivery>>>;

export async function showDelivery(c: PortalContext) {
  const found = await d1(readDelivery(c.env.DB, placeOf(c), c.req.param("delivery") ?? ""));
  if (found === null)
    return errorPage(
      c,
      404,
      "There is no such delivery",
      "It is not one of this project and mode, or is older than 30 days.",
    );
  const { delivery, event } = found;
  return page(
    c,
    { title: delivery.eventType },
    <>
      <PageHead
        title={delivery.eventType}
        lead={
          <>
            <a href={pathTo(c, "/deliveries")}>Deliveries</a> / <Id value={delivery.deliveryId} />
          </>
        }
      >
        <div id="delivery-actions" data-live-part>
          <Actions c={c} found={found} />
        </div>
      </PageHead>
      <div id="delivery-state" class="stack" data-live-part data-live={isFollowed(found) ? "" : undefined}>
        <Facts c={c} found={found} />
        <Attempts c={c} found={found} />
      </div>
      <Card title="Headers" note="Beside these, what HTTP itself needs">
        <pre class="payload" tabindex={0}>
          {headersOf(found)}
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

/** Attempts still come: the page then follows them by itself. */
function isFollowed({ delivery, endpoint }: Detail): boolean {
  return endpoint.isEnabled && (delivery.state === "pending" || delivery.state === "failed");
}

function Attempts({ c, found }: { c: PortalContext; found: Detail }) {
  const { attempts } = found;
  const note = `${count(attempts.length)} so far${isFollowed(found) ? ", updated by itself where scripts run" : ""}`;
  return (
    <Card title="Attempts" note={note}>
      {attempts.length === 0 ? (
        <Empty title="No attempt yet">
          <p>
            {found.endpoint.isEnabled
              ? "The first one is made in a moment."
              : "Its endpoint is disabled: it is kept until that is enabled."}
          </p>
        </Empty>
      ) : (
        <Table label="Attempts" head={["Attempt", "Result", "Answer", "Took", "Started"]}>
          {attempts.toReversed().map((attempt) => (
            <AttemptRow c={c} attempt={attempt} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function Actions({ c, found }: { c: PortalContext; found: Detail }) {
  const { delivery, endpoint } = found;
  if (!mayActAs(c.get("member").role, "support") || !endpoint.isEnabled) return null;
  const path = (what: string) => pathTo(c, `/deliveries/${delivery.deliveryId}/${what}`);
  switch (delivery.state) {
    case "failed":
    case "dead":
      return <ActionButton action={path("requeue")} label="Send it again now" tone="primary" small={false} />;
    case "sent":
      return <ActionButton action={path("resend")} label="Send it once more" small={false} />;
    case "pending":
      return null;
  }
}

function Facts({ c, found }: { c: PortalContext; found: Detail }) {
  const { delivery, event, endpoint } = found;
  const { state, nextAttemptAt, leaseUntil, endpointId } = delivery;
  const now = c.get("now");
  const isDeleted = endpoint.deletedAt !== null;
  return (
    <Card title="Where it stands" note={<Pill tone={stateTones[state]}>{stateNames[state]}</Pill>} pad>
      <dl class="facts">
        <dt>Endpoint</dt>
        <dd>
          {isDeleted ? endpoint.url : <a href={pathTo(c, `/webhooks/${endpointId}`)}>{endpoint.url}</a>}{" "}
          {isDeleted ? <Pill>Deleted</Pill> : endpoint.isEnabled ? null : <Pill tone="bad">Disabled</Pill>}
        </dd>
        <dt>Customer</dt>
        <dd>
          <Customer c={c} subjectRef={delivery.subjectRef} />
        </dd>
        <dt>Event</dt>
        <dd>
          <Id value={delivery.eventId} />
          {event.sequence === null ? null : <span class="quiet"> sequence {event.sequence}</span>}
        </dd>
        <dt>It happened</dt>
        <dd>
          <FullTime at={event.occurredAt} now={now} />
        </dd>
        {nextAttemptAt === null || !endpoint.isEnabled ? null : (
          <>
            <dt>{leaseUntil === null ? "Next attempt" : "Under way until"}</dt>
            <dd>
              <FullTime at={nextAttemptAt} now={now} />
            </dd>
          </>
        )}
      </dl>
    </Card>
  );
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
          <Pill>Under way</Pill>
        ) : (
          <Pill tone={error === null ? "good" : "bad"}>
            {httpStatus === null ? (error ?? "sent") : `HTTP ${httpStatus}`}
          </Pill>
        )}
        {error === null ? null : <small>{errorNames[error]}</small>}
      </td>
      <td class="wrap">
        {excerpt === null ? (
          <span class="quiet">nothing</span>
        ) : (
          <details>
            <summary class="excerpt">{excerpt.slice(0, 80)}</summary>
            <pre class="wrap">{excerpt}</pre>
          </details>
        )}
      </td>
      <td class="num">{durationMs === null ? "–" : `${count(durationMs)} ms`}</td>
      <td>
        <Time at={startedAt} now={c.get("now")} />
      </td>
    </tr>
  );
}

/** What every attempt carries; time, signature and number are made anew for each. */
function headersOf({ delivery, attempts }: Detail): string {
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
