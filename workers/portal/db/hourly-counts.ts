import type { Scope } from "../../../shared/contract/scope.ts";
import { hourlyMetrics } from "../../../shared/db/tables/activity.ts";

/** What the overview shows. */
type Metric = Exclude<(typeof hourlyMetrics)[number], "shadow">;
const shown = hourlyMetrics.filter((metric): metric is Metric => metric !== "shadow");

/** The start of a range of hours, and its end, which is excluded. */
export type HourRange = [from: number, until: number];

/** The sums of one metric by detail: of each range. */
export type Series = ReadonlyMap<string, readonly number[]>;

export interface HourlyCounts {
  series: Record<Metric, Series>;
  /** The number of customers that have access now. */
  customersWithAccess: number;
}

// One seek per range and metric. An hour belongs to the range in which it begins.
const selectSums = `
  SELECT counts.metric, counts.detail, range.key AS range, sum(counts.value) AS value
  FROM json_each(?3) AS range
  CROSS JOIN json_each('${JSON.stringify(shown)}') AS metric
  CROSS JOIN hourly_counts AS counts
  WHERE counts.project_id = ?1 AND counts.mode = ?2 AND counts.metric = metric.value
    AND counts.hour >= range.value ->> 0 AND counts.hour < range.value ->> 1
  GROUP BY 1, 2, 3`;

const selectAccess = `
  SELECT value FROM hourly_counts
  WHERE project_id = ?1 AND mode = ?2 AND metric = 'access' AND hour = 0 AND detail = ''`;

/** Prepares the statements that `toHourlyCounts` reads. `ranges` do not overlap, and begin after 1970. */
export const prepareHourlyCounts = (
  db: D1Database,
  { projectId, mode }: Scope,
  ranges: readonly HourRange[],
): D1PreparedStatement[] => [
  db.prepare(selectSums).bind(projectId, mode, JSON.stringify(ranges)),
  db.prepare(selectAccess).bind(projectId, mode),
];

interface SumRow {
  metric: Metric;
  detail: string;
  range: number;
  value: number;
}

export function toHourlyCounts(
  [sums, access]: readonly (D1Result | undefined)[],
  ranges: readonly HourRange[],
): HourlyCounts {
  const series = Object.fromEntries(shown.map((metric) => [metric, new Map()])) as Record<
    Metric,
    Map<string, number[]>
  >;
  for (const { metric, detail, range, value } of (sums?.results ?? []) as SumRow[]) {
    const values = series[metric].get(detail) ?? ranges.map(() => 0);
    values[range] = value;
    series[metric].set(detail, values);
  }
  const [row] = (access?.results ?? []) as { value: number }[];
  return { series, customersWithAccess: row?.value ?? 0 };
}
