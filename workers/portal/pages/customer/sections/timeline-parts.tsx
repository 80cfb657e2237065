import type { EntryView } from "../../../../../shared/contract/operations/customer-views.ts";
import { Clock } from "../../../components/day-time.tsx";
import { formatCount, nameProduct, type ProductNames } from "../../../components/labels/common.ts";
import {
  entitlementStatusLabels,
  formatEventDetail,
  toEntryTitle,
} from "../../../components/labels/customer.ts";
import { stripeEventLabels } from "../../../components/labels/stripe-event.ts";
import { deliveryStateLabels, formatAttemptResult } from "../../../components/labels/webhook.ts";
import { Id, Pill } from "../../../components/parts.tsx";
import { formatDuration } from "../../../components/time.tsx";
import type { CustomerDelivery, CustomerStripeEvent } from "../../../db/customer.ts";
import { buildPath, type PortalContext } from "../../../request-context.ts";

/** What a row of the timeline folds in: its entries, Stripe events and webhooks, one line each. */

/** Lists what an entry changed: products, units and what is left. */
export function Touched({
  entry: { touched },
  names,
  withUnits = true,
}: {
  entry: EntryView;
  names: ProductNames;
  withUnits?: boolean;
}) {
  return (
    <>
      {touched.map(({ entitlementId, productCode, kind, status, units, unitsRemaining }, index) => (
        <>
          {index === 0 ? null : ", "}
          <a href={`#${entitlementId}`}>{nameProduct(names, productCode)}</a>
          {kind === "subscription" ? ` ${entitlementStatusLabels[status].label.toLowerCase()}` : null}
          {units === 0 || !withUnits ? null : <span class="num"> {formatUnits(units)}</span>}
          {unitsRemaining === null ? null : (
            <span class="num quiet"> ({formatCount(unitsRemaining)} left)</span>
          )}
        </>
      ))}
    </>
  );
}

const formatUnits = (units: number) => (units > 0 ? `+${formatCount(units)}` : `−${formatCount(-units)}`);

/** `isLead`: the row has the entry's anchor. */
export function EntryPart({
  c,
  entry,
  names,
  isLead,
}: {
  c: PortalContext;
  entry: EntryView;
  names: ProductNames;
  isLead: boolean;
}) {
  return (
    <li id={isLead ? undefined : `entry-${entry.sequence}`}>
      <Clock at={entry.at} /> #{entry.sequence} {toEntryTitle(entry)} <Touched entry={entry} names={names} />
      <span class="quiet">
        {" · "}
        <EntryCause c={c} entry={entry} />
      </span>
    </li>
  );
}

function EntryCause({
  c,
  entry: { operation, cause, idempotencyKey, reason },
}: {
  c: PortalContext;
  entry: EntryView;
}) {
  switch (cause.type) {
    case "stripe_event":
      return cause.id === null ? (
        <>Stripe</>
      ) : (
        <>
          Stripe event <Id value={cause.id} href={buildPath(c, `/events/${cause.id}`)} /> (
          {reason.replaceAll("_", " ")})
        </>
      );
    case "stripe_read":
      return <>Read from Stripe{cause.because === null ? null : `: ${cause.because}`}</>;
    case "request":
      return idempotencyKey === null ? (
        <>API</>
      ) : (
        <>
          API · idempotency key <code>{idempotencyKey}</code>
        </>
      );
    case "operator":
      return <>by an operator</>;
    case "product_terms":
      return cause.id === null ? (
        <>Product change</>
      ) : (
        <>
          Included units changed: <a href={buildPath(c, `/products/${cause.id}`)}>{cause.id}</a>
        </>
      );
    case "signal_settings":
      return <>Signals changed in the settings</>;
    case "clock":
      return <>{operation === "allowance" ? "granted" : "expired"} automatically</>;
  }
}

/** `caused` are the entries that the event led to, if they are not in the same row. */
export function EventPart({
  c,
  event,
  caused = [],
}: {
  c: PortalContext;
  event: CustomerStripeEvent;
  caused?: number[];
}) {
  const { label, tone } = stripeEventLabels[event.status];
  return (
    <li id={`stripe-${event.eventId}`}>
      <Clock at={event.receivedAt} /> <a href={buildPath(c, `/events/${event.eventId}`)}>{event.type}</a>{" "}
      <Pill tone={tone}>{label}</Pill>{" "}
      <span class="quiet">
        <EventFacts event={event} caused={caused} />
      </span>
    </li>
  );
}

export function EventFacts({ event, caused }: { event: CustomerStripeEvent; caused: number[] }) {
  const delayMs = event.receivedAt - event.stripeCreatedAt;
  return (
    <>
      {event.foundBy === "sweep" ? "Found in Stripe's event list" : "Received from Stripe"}
      {delayMs >= 60_000 ? `, ${formatDuration(delayMs)} late` : null}
      {event.detail === null ? null : ` · ${formatEventDetail(event.detail)}`}
      {caused.map((sequence) => (
        <>
          {" · "}
          <a href={`#entry-${sequence}`}>#{sequence}</a>
        </>
      ))}
    </>
  );
}

export function DeliveryPart({ c, delivery }: { c: PortalContext; delivery: CustomerDelivery }) {
  const { label, tone } = deliveryStateLabels[delivery.state];
  return (
    <li id={delivery.deliveryId}>
      <Clock at={delivery.occurredAt} /> webhook{" "}
      <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>{delivery.eventType}</a> to{" "}
      {new URL(delivery.url).host} <Pill tone={tone}>{label}</Pill>{" "}
      <span class="quiet">
        <DeliveryFacts delivery={delivery} />
      </span>
    </li>
  );
}

export function DeliveryFacts({
  delivery: { lastStatus, lastError, durationMs, attempts },
}: {
  delivery: CustomerDelivery;
}) {
  const answer = formatAttemptResult(lastStatus, lastError);
  return (
    <>
      {answer === null
        ? "No response yet"
        : `${answer}${durationMs === null ? "" : ` in ${formatCount(durationMs)} ms`}`}
      {attempts > 1 ? `, attempt ${attempts}` : null}
    </>
  );
}
