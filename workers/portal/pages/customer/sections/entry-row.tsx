import type { Child } from "hono/jsx";
import type { EntryView, FlipView } from "../../../../../shared/contract/operations/customer-views.ts";
import type { IconName } from "../../../components/icon.tsx";
import { formatCount, formatUnits } from "../../../components/labels/common.ts";
import { canUndo, formatReason, toEntryTitle } from "../../../components/labels/customer.ts";
import type { CustomerDelivery } from "../../../db/customer.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { linkToPage } from "../page-link.tsx";
import { type Happening, isEntry, listDeliveries, listEvents } from "./happenings.ts";
import { NoticeText } from "./notice-text.tsx";
import { ReservationLine } from "./reservations.tsx";
import { isUsageEntry, type TimelineItem } from "./timeline-items.ts";
import { Line, type RowProps, toFlipIcon, toFlipTone } from "./timeline-line.tsx";
import { DeliveryPart, EntryPart, EventPart, Touched } from "./timeline-parts.tsx";

interface Props extends RowProps {
  lead: Extract<TimelineItem, { type: "entry" }>;
}

/** A row with ledger entries: the change, and below it its entries, Stripe events and webhooks. */
export function EntryRow({ c, page, row, lead, canAct }: Props) {
  const { entry, flip } = lead;
  const names = page.lists.productNames;
  const entries = row.items.filter(isEntry).map((item) => item.entry);
  const isManual = entry.manual !== null;
  const tones = [flip === null ? "" : toFlipTone(flip), isManual ? "hand" : ""];
  return (
    <Line
      id={`entry-${entry.sequence}`}
      at={lead.at}
      icon={flip === null ? toIcon(entry) : toFlipIcon(flip)}
      tone={tones.filter((tone) => tone !== "").join(" ")}
      flip={flip}
      action={<Actions c={c} subjectRef={page.customer.subjectRef} lead={lead} canAct={canAct} />}
    >
      <Heading entry={entry} flip={flip} entries={entries} />{" "}
      <Touched entry={entry} names={names} withUnits={entries.length === 1 || !isUsageEntry(entry)} />
      {entry.reservation === null || entries.length > 1 ? null : (
        <ReservationLine
          reservation={entry.reservation}
          own={entry.sequence}
          consumed={sumConsumed(entry.touched)}
        />
      )}
      {row.items.filter(isEntry).flatMap(({ notices }) =>
        notices.map((notice) => (
          <p>
            <NoticeText notice={notice} names={names} />
          </p>
        )),
      )}
      {entry.actor === null ? null : (
        <p>
          {entry.actor.name}: “{formatReason(entry.reason)}”
        </p>
      )}
      <Undone entry={entry} />
      <details>
        <summary>
          {summarize(row, entries).map((part, index) => (
            <>
              {index === 0 ? null : " · "}
              {part}
            </>
          ))}
        </summary>
        <ul class="folded">
          {entries.map((each) => (
            <EntryPart c={c} entry={each} names={names} isLead={each === entry} />
          ))}
          {listEvents(row).map((event) => (
            <EventPart c={c} event={event} />
          ))}
          {listDeliveries(row).map((delivery) => (
            <DeliveryPart c={c} delivery={delivery} />
          ))}
        </ul>
      </details>
    </Line>
  );
}

/** Names a row: usage by its total, a change of access by what changed it, anything else by its leading entry. */
function Heading({
  entry,
  flip,
  entries,
}: {
  entry: EntryView;
  flip: FlipView | null;
  entries: EntryView[];
}) {
  const title = toEntryTitle(entry);
  if (flip !== null && entry.manual === null)
    return (
      <>
        <b>{flip.after.allowed ? "Access gained" : "Access lost"}</b> ·
        {entry.operation === "subscription" ? null : ` ${title} ·`}
      </>
    );
  if (!isUsageEntry(entry) || entries.length === 1) return <b>{title}</b>;
  const units = entries.reduce((sum, { touched }) => sum + sumConsumed(touched), 0);
  return (
    <>
      <b>{formatUnits(units)} used</b> in {formatCount(entries.length)} requests ·
    </>
  );
}

const sumConsumed = (touched: EntryView["touched"]) =>
  touched.reduce((sum, { consumed }) => sum + consumed, 0);

function toIcon(entry: EntryView): IconName {
  const { manual, cause } = entry;
  if (manual !== null) return "user-cog";
  if (isUsageEntry(entry)) return "zap";
  return cause.type === "clock" ? "clock" : "credit-card";
}

/** The second line of a row: its entries, what caused them, and whether the webhooks arrived. */
function summarize(row: Happening, entries: EntryView[]): Child[] {
  const [newest, oldest] = [entries[0]?.sequence, entries.at(-1)?.sequence];
  const deliveries = listDeliveries(row);
  return [
    newest === oldest ? `#${newest}` : `#${oldest}–${newest}`,
    ...describeCauses(row, entries),
    ...(deliveries.length === 0 ? [] : [<Webhooks deliveries={deliveries} />]),
  ];
}

function describeCauses(row: Happening, entries: EntryView[]): string[] {
  const events = listEvents(row);
  const [first] = entries;
  if (events.length > 1) return [`${events.length} Stripe events`];
  if (events[0] !== undefined) return [`Stripe: ${events[0].type}`];
  switch (first?.cause.type) {
    case "stripe_event":
      return ["Stripe event"];
    case "stripe_read":
      return ["Read from Stripe"];
    case "request":
      return ["API"];
    case "product_terms":
      return ["Product change"];
    case "signal_settings":
      return ["Settings change"];
    case "clock":
      return ["Automatic"];
    default:
      return [];
  }
}

function Webhooks({ deliveries }: { deliveries: CustomerDelivery[] }) {
  const count = (state: CustomerDelivery["state"]) =>
    deliveries.filter((each) => each.state === state).length;
  const all = deliveries.length;
  const say = (some: number, what: string) =>
    all === 1
      ? `webhook ${what}`
      : some === all
        ? `${all} webhooks ${what}`
        : `${some} of ${all} webhooks ${what}`;
  if (count("dead") > 0) return <span class="bad">{say(count("dead"), "failed")}</span>;
  if (count("failed") > 0) return <span class="warn">{say(count("failed"), "retrying")}</span>;
  return <>{count("pending") > 0 ? say(count("pending"), "queued") : say(all, "delivered")}</>;
}

/** Says which change an undo took back, and which undo took this one back. */
function Undone({ entry: { manual, undoneBy } }: { entry: EntryView }) {
  const undoes = manual?.undoes ?? null;
  if (undoes === null && undoneBy === null) return null;
  return (
    <p class="cause">
      {undoes === null ? null : (
        <>
          undoes <a href={`#entry-${undoes}`}>#{undoes}</a>
        </>
      )}
      {undoneBy === null ? null : (
        <>
          undone by <a href={`#entry-${undoneBy}`}>#{undoneBy}</a>
        </>
      )}
    </p>
  );
}

function Actions({
  c,
  subjectRef,
  lead: { entry, flip },
  canAct,
}: {
  c: PortalContext;
  subjectRef: string;
  lead: Props["lead"];
  canAct: boolean;
}) {
  const { sequence, manual, undoneBy } = entry;
  const offersUndo = canAct && manual !== null && canUndo(manual.type) && undoneBy === null;
  return (
    <>
      {offersUndo ? (
        <a
          href={buildCustomerPath(c, subjectRef, `/undo?sequence=${sequence}`)}
          aria-label={`Undo change #${sequence}`}
          data-drawer
        >
          Undo change…
        </a>
      ) : null}
      {flip === null ? null : (
        <a
          href={linkToPage(c, subjectRef, { as_of: flip.after.decisionId })}
          aria-label={`View decision after #${sequence}`}
        >
          View decision
        </a>
      )}
    </>
  );
}
