import { scaleBand, scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import { formatCount } from "./labels/common.ts";
import { Cell, numberColumn, Row, Table } from "./table.tsx";

export interface BarSeries {
  name: string;
  /** One whole number per slot, not below zero. */
  values: readonly number[];
}

interface BarChartProps {
  /** Unique on the page. */
  id: string;
  /** What is counted: `Access checks`. */
  title: string;
  /** The days or hours, oldest first. */
  slots: readonly { label: string; name: string }[];
  /** Stacked from the bottom, at most five. */
  series: readonly BarSeries[];
  /** The series of the table, if it has more. They add up to the same. */
  tableSeries?: readonly BarSeries[];
  /** The heading of the table's first column. */
  slotHead: string;
}

const height = 180;
const slotWidth = 20;
const axisWidth = 44;
/** Leaves room for half a line of text. */
const margin = 8;
const shownLabels = 5;

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/**
 * Bars by day or hour, with the same numbers as a table below. Drawn on the server. The bars stretch to the width of the
 * page; the axes are separate, so that their text does not. Scripts make the chart a slider for pointer and arrow keys.
 * Without any number there is a sentence instead.
 */
export function BarChart({ id, title, slots, series, tableSeries = series, slotHead }: BarChartProps) {
  const totals = slots.map((_, slot) => series.reduce((sum, { values }) => sum + (values[slot] ?? 0), 0));
  const max = Math.max(0, ...totals);
  if (max === 0) return <p class="pad quiet">None in this period.</p>;
  const y = scaleLinear([0, max], [height - margin, margin]).nice(4);
  const ticks = y.ticks(4).filter(Number.isInteger);
  const x = scaleBand(slots.keys(), [0, slots.length * slotWidth]).paddingInner(0.15);
  const layers = stack<number, number>()
    .keys(series.keys())
    .value((slot, key) => series[key]?.values[slot] ?? 0)(slots.keys());
  return (
    <figure class="bars">
      <ul class="legend">
        {series.map(({ name }, index) => (
          <li>
            <span class={`swatch s${index}`} />
            {name}
          </li>
        ))}
      </ul>
      <div class="bars-plot">
        <svg
          class="y-axis"
          viewBox={`0 0 ${axisWidth} ${height}`}
          width={axisWidth}
          height={height}
          aria-hidden="true"
        >
          {ticks.map((tick) => (
            <text x={axisWidth - 8} y={y(tick) + 4} text-anchor="end">
              {compact.format(tick)}
            </text>
          ))}
        </svg>
        <div class="plot" data-chart={title}>
          <svg
            viewBox={`0 0 ${slots.length * slotWidth} ${height}`}
            preserveAspectRatio="none"
            role="img"
            aria-labelledby={`${id}-title ${id}-desc`}
          >
            <title id={`${id}-title`}>{title}</title>
            <desc id={`${id}-desc`}>
              {`${slots[0]?.name ?? ""} to ${slots.at(-1)?.name ?? ""}. ${series
                .map(
                  ({ name, values }) =>
                    `${name}: ${formatCount(values.reduce((sum, value) => sum + value, 0))}`,
                )
                .join(", ")}. The table below has each value.`}
            </desc>
            {ticks.map((tick) => (
              <line class="grid" x1={0} x2={slots.length * slotWidth} y1={y(tick)} y2={y(tick)} />
            ))}
            {layers.map((layer) =>
              layer.map(([from, to], slot) =>
                to > from ? (
                  <rect
                    class={`s${layer.key}`}
                    x={round(x(slot) ?? 0)}
                    width={round(x.bandwidth())}
                    y={round(y(to))}
                    height={round(y(from) - y(to))}
                  />
                ) : null,
              ),
            )}
            {slots.map(({ name }, slot) => (
              <rect class="slot" x={slot * slotWidth} width={slotWidth} y={0} height={height}>
                <title>{`${name}: ${describeSlot(tableSeries, slot)}`}</title>
              </rect>
            ))}
          </svg>
        </div>
      </div>
      <div class="x-axis quiet" aria-hidden="true">
        {pickLabels(slots).map((label) => (
          <span>{label}</span>
        ))}
      </div>
      <details class="chart-table">
        <summary>View as table</summary>
        <Table
          label={title}
          columns={[
            slotHead,
            ...tableSeries.map(({ name }) => numberColumn(name)),
            ...(tableSeries.length > 1 ? [numberColumn("Total")] : []),
          ]}
        >
          {slots
            .map(({ name }, slot) => (
              <Row>
                <Cell>{name}</Cell>
                {tableSeries.map(({ values }) => (
                  <Cell>{formatCount(values[slot] ?? 0)}</Cell>
                ))}
                {tableSeries.length > 1 ? <Cell>{formatCount(totals[slot] ?? 0)}</Cell> : null}
              </Row>
            ))
            .toReversed()}
        </Table>
      </details>
    </figure>
  );
}

/** Lists what a slot has, without the zeros: `12 delivered, 3 failed`. */
function describeSlot(series: readonly BarSeries[], slot: number): string {
  const parts = series
    .map(({ name, values }) => ({ name, value: values[slot] ?? 0 }))
    .filter(({ value }) => value > 0)
    .map(({ name, value }) => `${formatCount(value)} ${name.charAt(0).toLowerCase()}${name.slice(1)}`);
  return parts.length === 0 ? "0" : parts.join(", ");
}

/** Labels at equal distances, from the first to the last slot. */
function pickLabels(slots: BarChartProps["slots"]): string[] {
  const count = Math.min(shownLabels, slots.length);
  return Array.from({ length: count }, (_, index) => {
    const slot = count === 1 ? 0 : Math.round((index * (slots.length - 1)) / (count - 1));
    return slots[slot]?.label ?? "";
  });
}

/** A hundredth of a unit is less than a pixel. */
const round = (value: number): number => Math.round(value * 100) / 100;
