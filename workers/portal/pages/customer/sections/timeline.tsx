import { Empty } from "../../../components/parts.tsx";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { type CustomerPage, maxRowsPerList } from "../load.ts";
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
  const items = kind === undefined ? all : all.filter((item) => matchesFilter(item, kind));
  const isTruncated = [lists.stripeEvents, lists.attempts, lists.deliveries].some(
    ({ length }) => length === maxRowsPerList,
  );
  return (
    <div id="timeline">
      <Kinds c={c} subjectRef={customer.subjectRef} kinds={kinds} chosen={kind} />
      {items.length === 0 ? (
        <Empty title={kind === undefined ? "No activity yet" : "No activity of this kind"}>
          <p>Checkouts, Stripe events, changes, usage and webhooks appear here.</p>
        </Empty>
      ) : (
        <ol class="timeline">
          {items.map((item) => (
            <TimelineEntry c={c} subjectRef={customer.subjectRef} item={item} canAct={canAct} />
          ))}
        </ol>
      )}
      {isTruncated ? <p class="pad quiet">Showing the latest {maxRowsPerList} of each type.</p> : null}
      {customer.flips === null ? (
        <p class="pad quiet">Access changes aren't shown: too many changes come before these entries.</p>
      ) : null}
      <Pages c={c} page={page} isFirst={cursor === null} shown={items.length} />
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
      <select name="show" aria-label="Filter activity">
        <option value="">All activity</option>
        {kinds.map((kind) => (
          <option value={kind} selected={kind === chosen}>
            {timelineFilterLabels[kind]}
          </option>
        ))}
      </select>
      <button class="button small" type="submit">
        Filter
      </button>
    </form>
  );
}

function Pages({
  c,
  page,
  isFirst,
  shown,
}: {
  c: PortalContext;
  page: CustomerPage;
  isFirst: boolean;
  shown: number;
}) {
  const { subjectRef, entriesBefore, entries } = page.customer;
  const last = entries.at(-1);
  if (isFirst && entriesBefore === null) return null;
  const show = c.req.query("show");
  const query = new URLSearchParams(show === undefined ? {} : { show });
  if (last !== undefined) query.set("before", `${entriesBefore}.${last.at}`);
  return (
    <p class="pages">
      {isFirst ? (
        <span class="quiet">{shown} shown</span>
      ) : (
        <a href={buildCustomerPath(c, subjectRef)}>Back to latest</a>
      )}
      {entriesBefore === null || last === undefined ? null : (
        <a class="button small" href={`${buildCustomerPath(c, subjectRef)}?${query}`} rel="next">
          Older
        </a>
      )}
    </p>
  );
}
