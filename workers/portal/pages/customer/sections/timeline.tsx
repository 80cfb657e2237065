import { Card, Empty } from "../../../components/parts.tsx";
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
    <Card
      id="timeline"
      title="Timeline"
      note={<Kinds c={c} subjectRef={customer.subjectRef} kinds={kinds} chosen={kind} />}
    >
      {items.length === 0 ? (
        <Empty title={kind === undefined ? "Nothing has happened yet" : "Nothing of this kind here"}>
          <p>Checkouts, Stripe's events, changes, usage and webhooks appear here as they happen.</p>
        </Empty>
      ) : (
        <ol class="timeline">
          {items.map((item) => (
            <TimelineEntry c={c} subjectRef={customer.subjectRef} item={item} canAct={canAct} />
          ))}
        </ol>
      )}
      {isTruncated ? (
        <p class="pad quiet">
          Of checkouts, Stripe events and webhooks the newest {maxRowsPerList} each are listed here.
        </p>
      ) : null}
      {customer.flips === null ? (
        <p class="pad quiet">Access changes aren't shown: too many changes come before these entries.</p>
      ) : null}
      <Pages c={c} page={page} isFirst={cursor === null} shown={items.length} />
    </Card>
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
    <form method="get" action={`${buildCustomerPath(c, subjectRef)}#timeline`} class="row">
      <select name="show" aria-label="Show">
        <option value="">Everything</option>
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
        <a href={buildCustomerPath(c, subjectRef)}>Back to the newest</a>
      )}
      {entriesBefore === null || last === undefined ? null : (
        <a class="button small" href={`${buildCustomerPath(c, subjectRef)}?${query}`} rel="next">
          Older
        </a>
      )}
    </p>
  );
}
