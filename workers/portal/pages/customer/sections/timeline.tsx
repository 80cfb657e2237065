import { formatLongDay } from "../../../components/day-time.tsx";
import { Empty } from "../../../components/parts.tsx";
import { getZone } from "../../../http/zone-cookie.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { type Cursor, type CustomerPage, maxRowsPerList } from "../load.ts";
import { KeptFields, linkToPage } from "../page-link.tsx";
import { cutRows, foldTimeline, groupByDay } from "./happenings.ts";
import { TimelineEntry } from "./timeline-entry.tsx";
import {
  buildTimelineItems,
  matchesFilter,
  type TimelineFilter,
  timelineFilterLabels,
} from "./timeline-items.ts";

export function Timeline({ c, page, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { customer, lists, cursor } = page;
  const filter = c.req.query("show");
  const kinds = Object.keys(timelineFilterLabels) as TimelineFilter[];
  const kind = kinds.find((candidate) => candidate === filter);
  const all = buildTimelineItems(customer, lists);
  const zone = getZone(c);
  const listed = kind === undefined ? all : all.filter((item) => matchesFilter(item, kind));
  const rows = foldTimeline(listed, zone);
  const { shown, rest } = kind === undefined ? cutRows(rows) : { shown: rows, rest: null };
  const isTruncated = [lists.stripeEvents, lists.attempts, lists.deliveries].some(
    ({ length }) => length === maxRowsPerList,
  );
  return (
    <div id="timeline">
      <Kinds c={c} subjectRef={customer.subjectRef} kinds={kinds} chosen={kind} />
      {rows.length === 0 ? (
        <Empty title={kind === undefined ? "No activity yet" : "No activity of this kind"}>
          <p>Checkouts, Stripe events, changes, usage and webhooks appear here.</p>
        </Empty>
      ) : (
        groupByDay(shown, zone).map(({ at, rows: rowsOfDay }) => (
          <section class="day">
            <h3>{formatLongDay(at, zone)}</h3>
            <ol class="timeline">
              {rowsOfDay.map((row) => (
                <TimelineEntry c={c} page={page} row={row} canAct={canAct} />
              ))}
            </ol>
          </section>
        ))
      )}
      {isTruncated ? <p class="pad quiet">Showing the latest {maxRowsPerList} of each type.</p> : null}
      {customer.flips === null ? (
        <p class="pad quiet">Access changes aren't shown: too many changes come before these entries.</p>
      ) : null}
      <Pages c={c} page={page} isFirst={cursor === null} shown={shown.length} rest={rest} />
    </div>
  );
}

function Kinds({
  c,
  subjectRef,
  kinds,
  chosen,
}: {
  c: PortalContext;
  subjectRef: string;
  kinds: TimelineFilter[];
  chosen: TimelineFilter | undefined;
}) {
  return (
    <form method="get" action={`${buildCustomerPath(c, subjectRef)}#tabs`} class="row timeline-filter">
      <KeptFields c={c} />
      <select name="show" aria-label="Filter activity">
        <option value="">All activity</option>
        {kinds.map((kind) => (
          <option value={kind} selected={kind === chosen}>
            {timelineFilterLabels[kind]}
          </option>
        ))}
      </select>
      <button class="button small" type="submit">
        Filter activity
      </button>
      <span class="quiet zone">Times in {getZone(c)}</span>
    </form>
  );
}

function Pages({
  c,
  page,
  isFirst,
  shown,
  rest,
}: {
  c: PortalContext;
  page: CustomerPage;
  isFirst: boolean;
  shown: number;
  rest: Cursor | null;
}) {
  const { subjectRef, entriesBefore, entries } = page.customer;
  const last = entries.at(-1);
  const end = entriesBefore === null || last === undefined ? null : { sequence: entriesBefore, at: last.at };
  const next = rest ?? end;
  if (isFirst && next === null) return null;
  const show = c.req.query("show");
  return (
    <p class="pages">
      {isFirst ? (
        <span class="quiet">{shown} shown</span>
      ) : (
        <a href={linkToPage(c, subjectRef, {}, "#tabs")}>Back to latest</a>
      )}
      {next === null ? null : (
        <a
          class="button small"
          href={linkToPage(c, subjectRef, { show, before: `${next.sequence}.${next.at}` }, "#tabs")}
          rel="next"
        >
          Older activity
        </a>
      )}
    </p>
  );
}
