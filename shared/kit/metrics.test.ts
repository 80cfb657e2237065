import { afterEach, describe, expect, it, vi } from "vitest";
import { columns, type Metric, type MetricsEnv, writeMetric } from "./metrics.ts";

afterEach(() => vi.restoreAllMocks());

const scope = { projectId: "prj_1", mode: "live" };

function collectPoints(metric: Metric): AnalyticsEngineDataPoint[] {
  const points: (AnalyticsEngineDataPoint | undefined)[] = [];
  writeMetric({ METRICS: { writeDataPoint: (point) => void points.push(point) } }, scope, metric);
  return points.filter((point) => point !== undefined);
}

const examples: Metric[] = [
  { name: "check", outcome: "denied", reason: "usage_exhausted", durationMs: 4 },
  { name: "consume", outcome: "refused", code: "insufficient_usage", units: 0, durationMs: 5 },
  { name: "request", outcome: "refused", code: "not_found", route: "/*", status: 404, durationMs: 1 },
  { name: "flush", lagMs: 1_200, durationMs: 20, events: 1, deliveries: 2 },
  { name: "flush_failed", failures: 3 },
  {
    name: "stripe_event",
    outcome: "applied",
    type: "invoice.paid",
    foundBy: "sweep",
    ageMs: 90_000,
    durationMs: 30,
  },
  { name: "delivery_attempt", outcome: "dead", error: "http", status: 500, attempt: 10, durationMs: 7 },
];

describe("measure", () => {
  it.each(examples)(
    "measure() writes one data point with the project and every value of a $name metric",
    (metric) => {
      const [point, ...others] = collectPoints(metric);
      expect(others).toEqual([]);
      expect(point?.indexes).toEqual(["prj_1"]);
      expect(point?.blobs?.slice(0, 2)).toEqual([metric.name, "live"]);
      const { name: _, ...values } = metric;
      const written = [...(point?.blobs ?? []).slice(2), ...(point?.doubles ?? [])];
      expect(written.toSorted()).toEqual(Object.values(values).toSorted());
      expect(written).not.toContain("undefined");
    },
  );

  it("measure() keeps the column order that saved queries rely on", () => {
    expect(
      collectPoints({ name: "consume", outcome: "consumed", code: "", units: 4, durationMs: 5 }),
    ).toEqual([{ indexes: ["prj_1"], blobs: ["consume", "live", "consumed", ""], doubles: [5, 4] }]);
    expect(Object.keys(columns).toSorted()).toEqual(examples.map(({ name }) => name).toSorted());
  });

  it("measure() writes nothing without a dataset, and only warns when the dataset throws", () => {
    const metric = examples[0];
    if (metric === undefined) throw new Error("no metric");
    writeMetric({}, scope, metric);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const refusing: MetricsEnv = {
      METRICS: {
        writeDataPoint() {
          throw new Error("too many points");
        },
      },
    };
    writeMetric(refusing, scope, metric);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("metrics.not_written"));
  });
});
