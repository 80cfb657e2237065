import { afterEach, describe, expect, it, vi } from "vitest";
import { columns, type Metered, type Metric, measure } from "../../shared/kit/metrics.ts";

afterEach(() => vi.restoreAllMocks());

const place = { projectId: "prj_1", mode: "live" };

function pointsOf(metric: Metric): AnalyticsEngineDataPoint[] {
  const points: (AnalyticsEngineDataPoint | undefined)[] = [];
  measure({ METRICS: { writeDataPoint: (point) => void points.push(point) } }, place, metric);
  return points.filter((point) => point !== undefined);
}

const one: Metric[] = [
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

describe("a metric", () => {
  it.each(one)("$name is one point of its project, with all that it says", (metric) => {
    const [point, ...others] = pointsOf(metric);
    expect(others).toEqual([]);
    expect(point?.indexes).toEqual(["prj_1"]);
    expect(point?.blobs?.slice(0, 2)).toEqual([metric.name, "live"]);
    const { name: _, ...values } = metric;
    const said = [...(point?.blobs ?? []).slice(2), ...(point?.doubles ?? [])];
    expect(said.toSorted()).toEqual(Object.values(values).toSorted());
    expect(said).not.toContain("undefined");
  });

  it("keeps its columns, on which saved queries rest", () => {
    expect(pointsOf({ name: "consume", outcome: "consumed", code: "", units: 4, durationMs: 5 })).toEqual([
      { indexes: ["prj_1"], blobs: ["consume", "live", "consumed", ""], doubles: [5, 4] },
    ]);
    expect(Object.keys(columns).toSorted()).toEqual(one.map(({ name }) => name).toSorted());
  });

  it("is nothing without a dataset, and a dataset that refuses stops nobody", () => {
    const metric = one[0];
    if (metric === undefined) throw new Error("no metric");
    measure({}, place, metric);
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const refusing: Metered = {
      METRICS: {
        writeDataPoint() {
          throw new Error("too many points");
        },
      },
    };
    measure(refusing, place, metric);
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("metrics.not_written"));
  });
});
