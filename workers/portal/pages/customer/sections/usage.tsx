import type {
  CustomerView,
  EntryView,
  UsageDay,
} from "../../../../../shared/contract/operations/customer-views.ts";
import { dayMs } from "../../../../../shared/domain/entitlement.ts";
import {
  formatCount,
  formatUnits,
  nameProduct,
  type ProductNames,
} from "../../../components/labels/common.ts";
import { Empty } from "../../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { formatDay, Time } from "../../../components/time.tsx";
import type { PortalContext } from "../../../request-context.ts";

const shownDays = 30;
const shownEntries = 10;

/** Shows units by day as a chart and a table, and the latest consume requests. */
export function Usage({
  c,
  customer,
  names,
}: {
  c: PortalContext;
  customer: CustomerView;
  names: ProductNames;
}) {
  const now = c.get("now");
  const days = listLastDays(customer.usage, now);
  const total = days.reduce((sum, { units }) => sum + units, 0);
  const recent = customer.entries.filter((entry) => countConsumed(entry) > 0).slice(0, shownEntries);
  if (customer.usage.length === 0 && recent.length === 0)
    return (
      <Empty title="No usage yet">
        <p>
          Your backend consumes units with <code>POST /v1/usage/consume</code>.
        </p>
      </Empty>
    );
  return (
    <div id="usage">
      <div class="pad">
        <p class="quiet">
          {formatUnits(total)} in {shownDays} days
        </p>
        <Chart days={days} />
        <details>
          <summary>View as table</summary>
          <Table label="Units by day" columns={["Day (UTC)", numberColumn("Units")]}>
            {days.toReversed().map(({ day, units }) => (
              <Row>
                <Cell>{dayName(day)}</Cell>
                <Cell>{formatCount(units)}</Cell>
              </Row>
            ))}
          </Table>
        </details>
        {customer.usageIsPartial ? (
          <p class="quiet">Some days are missing. This customer has too many entries to add up here.</p>
        ) : null}
      </div>
      {recent.length === 0 ? null : <Recent entries={recent} names={names} now={now} />}
    </div>
  );
}

const countConsumed = ({ touched }: Pick<EntryView, "touched">): number =>
  touched.reduce((sum, { consumed }) => sum + consumed, 0);

function Recent({ entries, names, now }: { entries: EntryView[]; names: ProductNames; now: number }) {
  return (
    <Table
      label="Latest consumption"
      columns={[
        "Time",
        numberColumn("Units"),
        "Entitlement",
        numberColumn("Balance after"),
        "Idempotency key",
      ]}
    >
      {entries.map(({ at, sequence, touched, idempotencyKey }) => (
        <Row>
          <Cell>
            <a href={`?#entry-${sequence}`}>
              <Time at={at} now={now} />
            </a>
          </Cell>
          <Cell>{formatCount(countConsumed({ touched }))}</Cell>
          <Cell>
            {touched.map(({ entitlementId, productCode }) => (
              <div>
                <a href={`#${entitlementId}`}>{nameProduct(names, productCode)}</a>
              </div>
            ))}
          </Cell>
          <Cell>
            {touched.map(({ unitsRemaining }) => (
              <div>{unitsRemaining === null ? "–" : formatCount(unitsRemaining)}</div>
            ))}
          </Cell>
          <Cell class="wrap">
            <code>{idempotencyKey ?? "–"}</code>
          </Cell>
        </Row>
      ))}
    </Table>
  );
}

const width = 20;
const height = 80;

function Chart({ days }: { days: UsageDay[] }) {
  const maxUnits = Math.max(1, ...days.map(({ units }) => units));
  const first = days[0]?.day ?? 0;
  const last = days.at(-1)?.day ?? 0;
  return (
    <figure class="chart">
      <div class="plot" data-chart="Units by day">
        <svg
          viewBox={`0 0 ${days.length * width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Units per day from ${dayName(first)} to ${dayName(last)}, at most ${formatCount(maxUnits)}`}
        >
          {days.map(({ day, units }, index) => {
            const bar = units === 0 ? 1 : Math.max(2, Math.round((units / maxUnits) * height));
            return (
              <rect
                x={index * width + 2}
                y={height - bar}
                width={width - 4}
                height={bar}
                class={units === 0 ? "none" : undefined}
              >
                <title>{`${dayName(day)} (UTC): ${formatCount(units)} ${units === 1 ? "unit" : "units"}`}</title>
              </rect>
            );
          })}
        </svg>
      </div>
      <figcaption class="quiet">
        <span>{dayName(first)}</span>
        <span>{dayName(last)}</span>
      </figcaption>
    </figure>
  );
}

/** Returns the last 30 days up to today, oldest first. Days without usage have 0 units. */
function listLastDays(usage: UsageDay[], now: number): UsageDay[] {
  const units = new Map(usage.map((entry) => [entry.day, entry.units]));
  const today = now - (now % dayMs);
  return Array.from({ length: shownDays }, (_, index) => {
    const day = today - (shownDays - 1 - index) * dayMs;
    return { day, units: units.get(day) ?? 0 };
  });
}

const dayName = (day: number): string => formatDay(day, "UTC");
