import { inboxStatuses } from "../../../../shared/contract/enums.ts";
import { retryStripeEvent } from "../../../../shared/contract/operations/stripe.ts";
import { findStripeEvent } from "../../../../shared/db/stripe-events.ts";
import type { EventArrival } from "../../../../shared/domain/webhook-silence.ts";
import { mayRun } from "../../auth/may-run.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { renderErrorPage } from "../../components/error-page.tsx";
import { ActionButton, Field, FieldError, Select } from "../../components/fields.tsx";
import { formatEventDetail } from "../../components/labels/customer.ts";
import { describeArrival, stripeEventLabels } from "../../components/labels/stripe-event.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, CopyButton, Empty, Id, NextPage, PageHead, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { FullTime, formatDuration, TimeCell } from "../../components/time.tsx";
import { listStripeEvents, type StripeEventListItem } from "../../db/stripe-events.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { formatCursor, parseStripeEventFilter } from "./filter.ts";

const perPage = 50;

export async function showEvents(c: PortalContext) {
  const { filter, values, errors } = parseStripeEventFilter(new URL(c.req.url).searchParams);
  const isValid = Object.keys(errors).length === 0;
  const rows = isValid ? await listStripeEvents(getData(c), getScope(c), filter, perPage + 1) : [];
  const events = rows.slice(0, perPage);
  const isFiltered = !isValid || Object.keys(values).some((name) => name !== "before");
  const form = { values, errors };
  return renderPage(
    c,
    { title: "Stripe events", status: isValid ? 200 : 422 },
    <>
      <PageHead title="Stripe events" lead="Events received from Stripe (30 days)." />
      <Card>
        <form class="filters" method="get" action={buildPath(c, "/events")}>
          <Select
            form={form}
            name="status"
            label="Result"
            options={[
              { value: "", label: "All" },
              ...inboxStatuses.map((value) => ({ value, label: stripeEventLabels[value].label })),
            ]}
          />
          <Field
            form={form}
            name="type"
            label="Type"
            required={false}
            placeholder="checkout.session.completed"
          />
          <Field form={form} name="customer" label="Customer" required={false} />
          <FieldError form={form} name="" />
          <button class="button" type="submit">
            Filter events
          </button>
          {isFiltered ? <a href={buildPath(c, "/events")}>Clear filters</a> : null}
        </form>
        {events.length > 0 ? (
          <EventTable c={c} events={events} />
        ) : isFiltered ? (
          <Empty title="No matching events">
            <p>
              <a href={buildPath(c, "/events")}>Show all events</a>
            </p>
          </Empty>
        ) : (
          <Empty title="No events yet">
            <p>
              Stripe's events appear here as they arrive. If you expect some, look at the{" "}
              <a href={buildPath(c, "/stripe")}>connection</a>.
            </p>
          </Empty>
        )}
        <NextPage
          href={rows.length > perPage ? buildNextHref(c, events.at(-1)) : null}
          shown={events.length}
        />
      </Card>
    </>,
  );
}

export function EventTable({ c, events }: { c: PortalContext; events: StripeEventListItem[] }) {
  const now = c.get("now");
  return (
    <Table
      label="Stripe events"
      columns={["Event", "Status", "Customer", "Found by", numberColumn("Attempts"), "Received"]}
    >
      {events.map(({ eventId, type, status, detail, subjectRef, tries, receivedAt, ...arrival }) => (
        <Row>
          <Cell class="wrap">
            <a href={buildPath(c, `/events/${eventId}`)}>
              <b>{type}</b>
            </a>
            <small>
              <Id value={eventId} />
            </small>
          </Cell>
          <Cell class="wrap">
            <Pill tone={stripeEventLabels[status].tone}>{stripeEventLabels[status].label}</Pill>
            {detail === null ? null : <small>{formatEventDetail(detail)}</small>}
          </Cell>
          <Cell class="wrap">
            <CustomerLink c={c} subjectRef={subjectRef} />
          </Cell>
          <Cell>
            <Arrival {...arrival} receivedAt={receivedAt} />
          </Cell>
          <Cell>{tries}</Cell>
          <Cell>
            <TimeCell at={receivedAt} now={now} />
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

function Arrival(arrival: EventArrival) {
  const { label, isMissed } = describeArrival(arrival);
  if (arrival.foundBy === "webhook") return <>{label}</>;
  const delay = formatDuration(Math.max(0, arrival.receivedAt - arrival.stripeCreatedAt));
  return (
    <>
      {isMissed ? <Pill tone="warn">{label}</Pill> : label}
      <small>{delay} late</small>
    </>
  );
}

export async function showEvent(c: PortalContext) {
  const row = await findStripeEvent(getData(c), getScope(c), c.req.param("event") ?? "");
  if (row === null)
    return renderErrorPage(
      c,
      404,
      "Event not found",
      "It belongs to another project or mode, or is older than 30 days.",
    );
  const now = c.get("now");
  const canRetry = mayRun(c, retryStripeEvent) && (row.status === "failed" || row.status === "received");
  return renderPage(
    c,
    { title: row.type },
    <>
      <PageHead
        title={row.type}
        lead={
          <>
            <a href={buildPath(c, "/events")}>Stripe events</a> / <code>{row.eventId}</code>
          </>
        }
      >
        {canRetry ? (
          <ActionButton
            action={buildPath(c, `/events/${row.eventId}/retry`)}
            label="Retry event"
            tone="primary"
            small={false}
          />
        ) : null}
      </PageHead>
      <Card
        title="Status"
        note={<Pill tone={stripeEventLabels[row.status].tone}>{stripeEventLabels[row.status].label}</Pill>}
        pad
      >
        <dl class="facts">
          <dt>Result</dt>
          <dd>
            {row.detail === null ? stripeEventLabels[row.status].sentence : formatEventDetail(row.detail)}
          </dd>
          <dt>Customer</dt>
          <dd>
            <CustomerLink c={c} subjectRef={row.subjectRef} otherwise="Unknown" />
          </dd>
          <dt>Created</dt>
          <dd>
            <FullTime at={row.stripeCreatedAt} now={now} />
          </dd>
          <dt>Received</dt>
          <dd>
            <FullTime at={row.receivedAt} now={now} />
          </dd>
          <dt>Found by</dt>
          <dd>
            {describeArrival(row).label} <span class="quiet">· {describeArrival(row).sentence}</span>
          </dd>
          {row.settledAt === null ? null : (
            <>
              <dt>Processed</dt>
              <dd>
                <FullTime at={row.settledAt} now={now} />
              </dd>
            </>
          )}
          {row.nextTryAt === null ? null : (
            <>
              <dt>Next retry</dt>
              <dd>{row.nextTryAt <= now ? "due now" : <FullTime at={row.nextTryAt} now={now} />}</dd>
            </>
          )}
          <dt>Attempts</dt>
          <dd class="num">{row.tries}</dd>
        </dl>
      </Card>
      <Card title="Payload" note={<CopyButton value={row.payload} label="Copy all" />}>
        <pre class="payload" tabindex={0} data-payload>
          {formatPayload(row.payload)}
        </pre>
      </Card>
    </>,
  );
}

function formatPayload(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    // The payload is not JSON. It is shown as Stripe sent it.
    return payload;
  }
}

function buildNextHref(c: PortalContext, last: StripeEventListItem | undefined): string | null {
  if (last === undefined) return null;
  const query = new URLSearchParams(c.req.query());
  query.set("before", formatCursor(last));
  return `${buildPath(c, "/events")}?${query}`;
}
