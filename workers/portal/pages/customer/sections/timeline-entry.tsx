import { formatMoney, nameProduct } from "../../../components/labels/common.ts";
import { checkoutAttemptLabels, clockChangeLabels } from "../../../components/labels/customer.ts";
import { stripeEventLabels } from "../../../components/labels/stripe-event.ts";
import { deliveryStateLabels } from "../../../components/labels/webhook.ts";
import { Pill } from "../../../components/parts.tsx";
import { buildPath } from "../../../request-context.ts";
import { linkToPage } from "../page-link.tsx";
import { EntryRow } from "./entry-row.tsx";
import { NoticeText } from "./notice-text.tsx";
import { RecoveryRow } from "./recovery.tsx";
import type { TimelineItem } from "./timeline-items.ts";
import { Line, type RowProps, toFlipIcon, toFlipTone } from "./timeline-line.tsx";
import { DeliveryFacts, EventFacts, EventPart } from "./timeline-parts.tsx";

/** One row of the timeline: what happened, with its causes and effects folded in. */
export function TimelineEntry(props: RowProps) {
  const { lead } = props.row;
  switch (lead.type) {
    case "entry":
      return <EntryRow {...props} lead={lead} />;
    case "clock":
      return <ClockRow {...props} lead={lead} />;
    case "notice":
      return <NoticeRow {...props} lead={lead} />;
    case "stripe":
      return <StripeRow {...props} />;
    case "checkout":
      return <CheckoutRow {...props} lead={lead} />;
    case "recovery":
      return <RecoveryRow c={props.c} at={lead.at} link={lead.link} moment={lead.moment} />;
    case "webhook":
      return <WebhookRow {...props} lead={lead} />;
  }
}

type LeadProps<T extends TimelineItem["type"]> = RowProps & { lead: Extract<TimelineItem, { type: T }> };

/** A change of access without an entry: an entitlement, or a hold on it, started or ended by time. */
function ClockRow({ c, page, lead: { at, flip, cause } }: LeadProps<"clock">) {
  const { allowed, decisionId, sequence } = flip.after;
  return (
    <Line id={`access-${at}`} at={at} icon={toFlipIcon(flip)} tone={toFlipTone(flip)} flip={flip}>
      <b>{allowed ? "Access gained" : "Access lost"}</b> ·{" "}
      <a href={`#${cause.entitlementId}`}>{nameProduct(page.lists.productNames, cause.productCode)}</a>{" "}
      {clockChangeLabels[cause.change]}
      <p class="cause">
        Automatic · after <a href={`#entry-${sequence}`}>#{sequence}</a> ·{" "}
        <a href={linkToPage(c, page.customer.subjectRef, { as_of: decisionId })}>View decision</a>
      </p>
    </Line>
  );
}

/** A balance that got low, or an end that came near, by time alone. */
function NoticeRow({ page, lead: { at, notice } }: LeadProps<"notice">) {
  return (
    <Line id={`${notice.type}-${at}`} at={at} icon="clock" tone="">
      <NoticeText notice={notice} names={page.lists.productNames} />
      <p class="cause">
        Automatic · after <a href={`#entry-${notice.sequence}`}>#{notice.sequence}</a>
      </p>
    </Line>
  );
}

/** Stripe events that changed nothing here, or are not processed yet. */
function StripeRow({ c, row: { items } }: RowProps) {
  const events = items.flatMap((item) => (item.type === "stripe" ? [item] : []));
  const [first] = events;
  if (first === undefined) return null;
  const worst =
    events.find(({ event }) => event.status === "failed") ??
    events.find(({ event }) => event.status === "received") ??
    first;
  const { label, tone } = stripeEventLabels[worst.event.status];
  const line = {
    id: `stripe-${first.event.eventId}`,
    at: first.at,
    icon: "zap",
    tone: tone === "good" ? "" : tone,
  } as const;
  if (events.length === 1)
    return (
      <Line {...line}>
        <a href={buildPath(c, `/events/${first.event.eventId}`)}>
          <b>{first.event.type}</b>
        </a>{" "}
        from Stripe <Pill tone={tone}>{label}</Pill>
        <p class="cause">
          <EventFacts event={first.event} caused={first.caused} />
        </p>
      </Line>
    );
  return (
    <Line {...line}>
      <b>{events.length} Stripe events</b> <Pill tone={tone}>{label}</Pill>
      <details>
        <summary>{[...new Set(events.map(({ event }) => event.type))].join(", ")}</summary>
        <ul class="folded">
          {events.map(({ event, caused }) => (
            <EventPart c={c} event={event} caused={caused} />
          ))}
        </ul>
      </details>
    </Line>
  );
}

function CheckoutRow({ c, page, lead: { at, attempt } }: LeadProps<"checkout">) {
  const { label, tone } = checkoutAttemptLabels[attempt.status];
  return (
    <Line id={`opened-${attempt.attemptId}`} at={at} icon="receipt-text" tone="">
      <b>Checkout created</b> · {nameProduct(page.lists.productNames, attempt.productCode)}{" "}
      <Pill tone={tone}>{label}</Pill>
      <p class="cause">
        {attempt.currency === null ? null : `${formatMoney(attempt.amountTotal, attempt.currency)} · `}
        <a href={linkToPage(c, page.customer.subjectRef, { tab: "payments" }, `#${attempt.attemptId}`)}>
          View checkout
        </a>
      </p>
    </Line>
  );
}

function WebhookRow({ c, lead: { at, delivery } }: LeadProps<"webhook">) {
  const { label, tone } = deliveryStateLabels[delivery.state];
  return (
    <Line id={delivery.deliveryId} at={at} icon="webhook" tone={tone === "good" ? "" : tone}>
      <a href={buildPath(c, `/deliveries/${delivery.deliveryId}`)}>
        <b>{delivery.eventType}</b>
      </a>{" "}
      to {new URL(delivery.url).host} <Pill tone={tone}>{label}</Pill>
      <p class="cause">
        <DeliveryFacts delivery={delivery} />
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
