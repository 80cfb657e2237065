import type { Child } from "hono/jsx";
import { formatCount, formatMoney } from "../../components/labels/common.ts";
import { SparkLine } from "../../components/spark-line.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { buildPath, type PortalContext } from "../../request-context.ts";
import { type Period, periodLabels } from "./period.ts";
import { type CurrencySeries, type OverviewSeries, toSuccessRate } from "./series.ts";

interface FiguresProps {
  c: PortalContext;
  series: OverviewSeries;
  period: Period;
}

/** The four figures with their lines, and all of their numbers as a table. */
export function Figures({ c, series, period }: FiguresProps) {
  const { access, paid, checks, deliveries } = series;
  const { delivered, failed, values } = deliveries;
  const [main, ...others] = paid;
  const rate = toSuccessRate(delivered.total, failed.total);
  const rateBefore = toSuccessRate(delivered.before, failed.before);
  const span = periodLabels[period.name].toLowerCase();
  const rates = period.slots.map((_, slot) =>
    toSuccessRate(values.delivered[slot] ?? 0, values.failed[slot] ?? 0),
  );
  return (
    <section aria-label="Figures">
      <dl class="figures">
        <Figure
          label="Customers with access"
          href={buildPath(c, "/customers?tab=allowed")}
          value={formatCount(access.now)}
          change={
            access.change === 0 ? null : { text: formatSigned(access.change), isGood: access.change > 0 }
          }
          note={access.change === 0 ? `no change in the ${span}` : `change in the ${span}`}
        >
          <SparkLine label={`Customers with access, ${span}`} values={access.values} />
        </Figure>
        <Figure
          label="Paid volume"
          value={main === undefined ? "None yet" : formatMoney(main.total, main.currency)}
          change={main === undefined ? null : compare(main)}
          note="after refunds"
          extra={others.map(({ currency, total }) => formatMoney(total, currency))}
        >
          <SparkLine
            label={`Paid volume${main === undefined ? "" : ` in ${main.currency.toUpperCase()}`}, ${span}`}
            values={withoutLast(main?.values ?? period.slots.map(() => 0))}
          />
        </Figure>
        <Figure
          label="Access checks"
          value={formatCount(checks.total)}
          change={compare(checks)}
          note="approximate"
        >
          <SparkLine label={`Access checks, ${span}`} values={withoutLast(checks.values)} />
        </Figure>
        <Figure
          label="Webhook success"
          href={buildPath(c, "/deliveries")}
          value={rate === null ? "None yet" : formatRate(rate)}
          change={rate === null || rateBefore === null ? null : compareRates(rate, rateBefore)}
          note={
            rate === null
              ? "delivered of all sent"
              : `${formatCount(delivered.total)} of ${formatCount(delivered.total + failed.total)}`
          }
        >
          <SparkLine label={`Webhook success, ${span}`} values={rates} />
        </Figure>
      </dl>
      <details class="chart-table">
        <summary>View figures as table</summary>
        <FigureTable series={series} period={period} rates={rates} />
      </details>
    </section>
  );
}

function FigureTable({
  series: { access, paid, checks },
  period,
  rates,
}: Pick<FiguresProps, "series" | "period"> & { rates: (number | null)[] }) {
  const currencies = paid.map(({ currency }) => `Paid (${currency.toUpperCase()})`);
  const head = ["Customers with access", ...currencies, "Access checks", "Webhook success"];
  return (
    <Table label="Figures" columns={[period.name === "30d" ? "Day" : "Hour", ...head.map(numberColumn)]}>
      {period.slots
        .map(({ name }, slot) => (
          <Row>
            <Cell>{name}</Cell>
            <Cell>{formatCount(access.values[slot] ?? 0)}</Cell>
            {paid.map(({ currency, values }) => (
              <Cell>{formatMoney(values[slot] ?? 0, currency)}</Cell>
            ))}
            <Cell>{formatCount(checks.values[slot] ?? 0)}</Cell>
            <Cell>{formatRate(rates[slot] ?? null)}</Cell>
          </Row>
        ))
        .toReversed()}
    </Table>
  );
}

/** Leaves out the slot that is not over: the line would seem to fall. The table has it. */
const withoutLast = (values: number[]): (number | null)[] => [...values.slice(0, -1), null];

interface Change {
  text: string;
  isGood: boolean;
}

function Figure({
  label,
  href,
  value,
  change,
  note,
  extra = [],
  children,
}: {
  label: string;
  href?: string;
  value: string;
  change: Change | null;
  note: string;
  /** Further values, such as other currencies. */
  extra?: string[];
  children: Child;
}) {
  return (
    <div class="card figure">
      <dt>{href === undefined ? label : <a href={href}>{label}</a>}</dt>
      <dd>
        <p class="num">
          <b>{value}</b>{" "}
          {change === null ? null : <span class={change.isGood ? "rise" : "fall"}>{change.text}</span>}
        </p>
        {extra.map((each) => (
          <p class="num extra">{each}</p>
        ))}
        <p class="quiet">{note}</p>
        {children}
      </dd>
    </div>
  );
}

/** Compares with the time before, in percent. Returns `null` where there is nothing to compare with. */
function compare({ total, before }: Pick<CurrencySeries, "total" | "before">): Change | null {
  if (before <= 0) return null;
  const percent = Math.round((100 * (total - before)) / before);
  return percent === 0 ? null : { text: `${formatSigned(percent)}%`, isGood: percent > 0 };
}

function compareRates(rate: number, before: number): Change | null {
  const points = Math.round(10 * (rate - before)) / 10;
  return points === 0 ? null : { text: `${formatSigned(points)} pt`, isGood: points > 0 };
}

const formatSigned = (value: number): string =>
  value < 0 ? `−${formatCount(-value)}` : `+${formatCount(value)}`;

/** Rounds down, so that 100% means that all were delivered. */
const formatRate = (rate: number | null): string => (rate === null ? "—" : `${Math.floor(rate * 10) / 10}%`);
