import type { Child } from "hono/jsx";
import type { EntryView, FlipView } from "../../../../../shared/contract/operations/customer-views.ts";
import { formatCount, formatMoney } from "../../../components/labels/common.ts";
import {
  canUndo,
  checkoutAttemptLabels,
  clockChangeLabels,
  entitlementStatusLabels,
  formatReason,
  toEntryTitle,
} from "../../../components/labels/customer.ts";
import { stripeEventLabels } from "../../../components/labels/stripe-event.ts";
import { deliveryStateLabels, formatAttemptResult } from "../../../components/labels/webhook.ts";
import { Id, Pill } from "../../../components/parts.tsx";
import { formatDuration, Time } from "../../../components/time.tsx";
import { buildCustomerPath, buildPath, type PortalContext } from "../../../request-context.ts";
import { ReservationLine } from "./reservations.tsx";
import type { TimelineItem } from "./timeline-items.ts";

interface ItemProps<T extends TimelineItem["type"]> {
  c: PortalContext;
  subjectRef: string;
  item: Extract<TimelineItem, { type: T }>;
  canAct: boolean;
}

/** One item of the timeline: what happened, its cause, and its effects. */
export function TimelineEntry(props: {
  c: PortalContext;
  subjectRef: string;
  item: TimelineItem;
  canAct: boolean;
}) {
  const { item } = props;
  switch (item.type) {
    case "entry":
      return <EntryItem {...props} item={item} />;
    case "clock":
      return <ClockItem {...props} item={item} />;
    case "stripe":
      return <StripeItem {...props} item={item} />;
    case "checkout":
      return <CheckoutItem {...props} item={item} />;
    case "webhook":
      return <WebhookItem {...props} item={item} />;
  }
}

function Line({
  c,
  id,
  at,
  tone,
  flip = null,
  children,
}: {
  c: PortalContext;
  id: string;
  at: number;
  tone: string;
  flip?: FlipView | null;
  children: Child;
}) {
  return (
    <li id={id} class={flip === null ? tone : `${tone} flip`}>
      <Time at={at} now={c.get("now")} />
      <div>{children}</div>
      {flip === null ? null : (
        <Pill tone={toFlipTone(flip)}>{flip.after.allowed ? "Allowed" : "Denied"}</Pill>
      )}
    </li>
  );
}

const toFlipTone = ({ after }: FlipView) => (after.allowed ? "good" : "bad");

/** A change of access without an entry: an entitlement, or a hold on it, started or ended by time. */
function ClockItem({ c, subjectRef, item: { at, flip, cause } }: ItemProps<"clock">) {
  const { allowed, decisionId, sequence } = flip.after;
  return (
    <Line c={c} id={`access-${at}`} at={at} tone={toFlipTone(flip)} flip={flip}>
      <b>{allowed ? "Access gained" : "Access lost"}</b> ·{" "}
      <a href={`#${cause.entitlementId}`}>{cause.productCode}</a> {clockChangeLabels[cause.change]}
      <p class="cause">
        Automatic · after <a href={`#entry-${sequence}`}>#{sequence}</a> ·{" "}
        <a href={buildCustomerPath(c, subjectRef, `?as_of=${decisionId}`)}>View decision</a>
      </p>
    </Line>
  );
}

function EntryItem({ c, subjectRef, item: { at, entry, flip, deliveries }, canAct }: ItemProps<"entry">) {
  const { sequence, manual, touched, actor, undoneBy } = entry;
  const tone = flip === null ? "" : toFlipTone(flip);
  return (
    <Line c={c} id={`entry-${sequence}`} at={at} tone={manual === null ? tone : `${tone} hand`} flip={flip}>
      <b>{toEntryTitle(entry)}</b>
      {touched.map(({ entitlementId, productCode, kind, status, units, unitsRemaining }, index) => (
        <>
          {index === 0 ? " " : ", "}
          <a href={`#${entitlementId}`}>{productCode}</a>
          {kind === "subscription" ? ` ${entitlementStatusLabels[status].label.toLowerCase()}` : null}
          {units === 0 ? null : (
            <span class="num"> {units > 0 ? `+${formatCount(units)}` : `−${formatCount(-units)}`}</span>
          )}
          {unitsRemaining === null ? null : (
            <span class="num quiet"> ({formatCount(unitsRemaining)} left)</span>
          )}
        </>
      ))}
      {entry.reservation === null ? null : (
        <ReservationLine
          reservation={entry.reservation}
          own={sequence}
          consumed={touched.reduce((sum, { consumed }) => sum + consumed, 0)}
        />
      )}
      {actor === null ? null : (
        <p>
          {actor.name}: “{formatReason(entry.reason)}”
        </p>
      )}
      <p class="cause">
        #{sequence} · <EntryCause c={c} entry={entry} />
        {deliveries.map(({ deliveryId, eventType }) => (
          <>
            {" · webhook: "}
            <a href={`#${deliveryId}`}>{eventType}</a>
          </>
        ))}
        {manual?.undoes === undefined || manual.undoes === null ? null : (
          <>
            {" · undoes "}
            <a href={`#entry-${manual.undoes}`}>#{manual.undoes}</a>
          </>
        )}
        {undoneBy === null ? null : (
          <>
            {" · undone by "}
            <a href={`#entry-${undoneBy}`}>#{undoneBy}</a>
          </>
        )}
        {canAct && manual !== null && canUndo(manual.type) && undoneBy === null ? (
          <>
            {" · "}
            <a
              href={buildCustomerPath(c, subjectRef, `/undo?sequence=${sequence}`)}
              aria-label={`Undo #${sequence}`}
              data-drawer
            >
              Undo…
            </a>
          </>
        ) : null}
      </p>
    </Line>
  );
}

function EntryCause({ c, entry: { cause, idempotencyKey, reason } }: { c: PortalContext; entry: EntryView }) {
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
    case "clock":
      return <>expired automatically</>;
  }
}

function StripeItem({ c, item: { at, event, caused } }: ItemProps<"stripe">) {
  const { label, tone } = stripeEventLabels[event.status];
  const delayMs = event.receivedAt - event.stripeCreatedAt;
  return (
    <Line c={c} id={`stripe-${event.eventId}`} at={at} tone={tone === "good" ? "" : tone}>
      <a href={buildPath(c, `/events/${event.eventId}`)}>
        <b>{event.type}</b>
      </a>{" "}
      from Stripe <Pill tone={tone}>{label}</Pill>
      {event.detail === null ? null : <p>{event.detail}</p>}
      <p class="cause">
        {event.foundBy === "sweep" ? "Found in Stripe's event list" : "Received from Stripe"}
        {delayMs >= 60_000 ? `, ${formatDuration(delayMs)} late` : null}
        {caused.map((sequence) => (
          <>
            {" · "}
            <a href={`#entry-${sequence}`}>#{sequence}</a>
          </>
        ))}
      </p>
    </Line>
  );
}

function CheckoutItem({ c, item: { at, attempt } }: ItemProps<"checkout">) {
  const { label, tone } = checkoutAttemptLabels[attempt.status];
  return (
    <Line c={c} id={`opened-${attempt.attemptId}`} at={at} tone="">
      <b>Checkout created</b> for {attempt.productCode} <Pill tone={tone}>{label}</Pill>
      <p class="cause">
        {attempt.currency === null ? null : `${formatMoney(attempt.amountTotal, attempt.currency)} · `}
        <a href={`?tab=payments#${attempt.attemptId}`}>View checkout</a>
      </p>
    </Line>
  );
}

function WebhookItem({ c, item: { at, delivery } }: ItemProps<"webhook">) {
  const { label, tone } = deliveryStateLabels[delivery.state];
  const answer = formatAttemptResult(delivery.lastStatus, delivery.lastError);
  return (
    <Line c={c} id={delivery.deliveryId} at={at} tone={tone === "good" ? "" : tone}>
      <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
        <b>{delivery.eventType}</b>
      </a>{" "}
      to {new URL(delivery.url).host} <Pill tone={tone}>{label}</Pill>
      <p class="cause">
        {answer === null
          ? "No response yet"
          : `${answer}${delivery.durationMs === null ? "" : ` in ${formatCount(delivery.durationMs)} ms`}`}
        {delivery.attempts > 1 ? `, attempt ${delivery.attempts}` : null}
        {delivery.sequence === null ? null : (
          <>
            {" · for "}
            <a href={`#entry-${delivery.sequence}`}>#{delivery.sequence}</a>
          </>
        )}
      </p>
    </Line>
  );
}
