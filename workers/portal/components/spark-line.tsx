import { scaleLinear } from "d3-scale";
import { area, curveMonotoneX, line } from "d3-shape";

const width = 240;
const height = 40;
const margin = 2;

/**
 * A line without axes, next to the figure that it belongs to. `null` leaves a gap. `label` says what the line shows; the
 * numbers are in the table of the page. `from` is the lowest value of the axis.
 */
export function SparkLine({
  label,
  values,
  from = 0,
}: {
  label: string;
  values: readonly (number | null)[];
  from?: number;
}) {
  const known = values.filter((value) => value !== null);
  const low = Math.min(from, ...known);
  const high = Math.max(low + 1, ...known);
  const x = scaleLinear([0, Math.max(1, values.length - 1)], [margin, width - margin]);
  const y = scaleLinear([low, high], [height - margin, margin]);
  const place = {
    x: (_: number | null, index: number) => x(index),
    y: (value: number | null) => y(value ?? 0),
  };
  const stroke = line<number | null>(place.x, place.y)
    .defined((value) => value !== null)
    .curve(curveMonotoneX)
    .digits(2);
  const fill = area<number | null>(place.x, height, place.y)
    .defined((value) => value !== null)
    .curve(curveMonotoneX)
    .digits(2);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <path class="spark-area" d={fill(values) ?? ""} />
      <path class="spark-line" d={stroke(values) ?? ""} />
    </svg>
  );
}
