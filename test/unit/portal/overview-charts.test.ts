import fc from "fast-check";
import { jsx } from "hono/jsx";
import { describe, expect, it } from "vitest";
import { BarChart, type BarSeries } from "../../../workers/portal/components/bar-chart.tsx";
import { SparkLine } from "../../../workers/portal/components/spark-line.tsx";
import { toHourlyCounts } from "../../../workers/portal/db/hourly-counts.ts";
import { buildPeriod } from "../../../workers/portal/pages/overview/period.ts";
import { buildSeries, joinRest, toSuccessRate } from "../../../workers/portal/pages/overview/series.ts";

const hourMs = 3_600_000;
const slotsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `${index}`, name: `Slot ${index}` }));

function draw(series: BarSeries[], tableSeries = series): string {
  const slots = slotsOf(series[0]?.values.length ?? 0);
  const props = { id: "x", title: "Things", slots, series, tableSeries, slotHead: "Day" };
  return String(jsx(BarChart as never, props as never));
}

/** Reads the bars from their geometry: the height of a slot's bar in the units of the axis. */
function readBars(html: string, slots: number, series: number): number[][] {
  const heights = Array.from({ length: series }, () => Array<number>(slots).fill(0));
  for (const [, name, x, height] of html.matchAll(
    /<rect class="s(\d)" x="([\d.]+)" width="[\d.]+" y="[\d.]+" height="([\d.]+)"/g,
  )) {
    const row = heights[Number(name)];
    if (row !== undefined) row[Math.floor(Number(x) / 20)] = Number(height);
  }
  return heights;
}

/** Reads the table: rows from the oldest slot, without the first column and the total. */
function readTable(html: string, series: number): number[][] {
  const body = html.split("<tbody>")[1] ?? "";
  return [...body.matchAll(/<tr>(.*?)<\/tr>/g)]
    .map(([, row = ""]) =>
      [...row.matchAll(/<td class="num end"[^>]*>([^<]*)<\/td>/g)]
        .slice(0, series)
        .map(([, text = ""]) => Number(text.replaceAll(",", ""))),
    )
    .toReversed();
}

const counts = fc
  .integer({ min: 1, max: 31 })
  .chain((slots) =>
    fc.array(
      fc.array(fc.oneof(fc.constant(0), fc.nat(9), fc.nat(1e12)), { minLength: slots, maxLength: slots }),
      { minLength: 1, maxLength: 5 },
    ),
  );

describe("bar chart", () => {
  it("every bar is as high as the number in the table, for any numbers", () => {
    fc.assert(
      fc.property(counts, (rows) => {
        const series = rows.map((values, index) => ({ name: `S${index}`, values }));
        const html = draw(series);
        const slots = rows[0]?.length ?? 0;
        if (rows.flat().every((value) => value === 0)) {
          expect(html).toContain("None in this period.");
          return;
        }
        const table = readTable(html, series.length);
        expect(table).toEqual(Array.from({ length: slots }, (_, slot) => rows.map((values) => values[slot])));
        const bars = readBars(html, slots, series.length);
        // One scale for all bars: the height by unit of the highest bar.
        const highest = Math.max(...rows.flat());
        const [row = 0, slot = 0] = rows
          .map((values, index) => [index, values.indexOf(highest)])
          .find(([, at]) => at !== -1) ?? [0, 0];
        const unit = highest === 0 ? 0 : (bars[row]?.[slot] ?? 0) / highest;
        for (const [index, values] of rows.entries())
          for (const [at, value] of values.entries())
            expect(Math.abs((bars[index]?.[at] ?? 0) - value * unit)).toBeLessThan(0.05);
        expect(Math.max(0, ...bars.flat())).toBeLessThan(180);
      }),
      { numRuns: 60 },
    );
  });

  it("says what each slot has, for pointer and keyboard, and has no inline style", () => {
    const html = draw([
      { name: "Delivered", values: [1_200, 0] },
      { name: "Failed", values: [3, 0] },
    ]);
    expect(html).toContain("<title>Slot 0: 1,200 delivered, 3 failed</title>");
    expect(html).toContain("<title>Slot 1: 0</title>");
    expect(html).toContain("Delivered: 1,200, Failed: 3");
    expect(html).toContain('data-chart="Things"');
    expect(html).not.toContain("style=");
    expect(html).not.toContain("NaN");
  });

  it("escapes a label that is markup", () => {
    const html = draw([{ name: '</title><script>alert("1")</script>', values: [1] }]);
    expect(html).not.toContain("<script>");
  });

  it("says that a chart is empty, and draws one of a single slot", () => {
    expect(draw([{ name: "Units", values: [0, 0, 0] }])).toBe(
      '<p class="pad quiet">None in this period.</p>',
    );
    expect(draw([{ name: "Units", values: [5] }])).toContain('<rect class="s0"');
  });
});

describe("spark line", () => {
  it.each([[[]], [[null, null]], [[5]], [[0, 0]], [[1e12, 0, -5]], [[100, null, 99]]])(
    "draws %j without a number that is none",
    (values) => {
      const html = String(jsx(SparkLine as never, { label: "Line", values } as never));
      expect(html).not.toMatch(/NaN|Infinity|style=/);
      expect(html).toContain('role="img"');
    },
  );
});

describe("periods", () => {
  it("a day of the period is a day of the viewer's zone, also where clocks change", () => {
    const now = Date.UTC(2026, 3, 10, 12);
    const { slots, before } = buildPeriod("30d", now, "Europe/Berlin");
    expect(slots).toHaveLength(30);
    expect(slots.at(-1)?.name).toBe("10 Apr 2026 (so far)");
    const spring = slots.find(({ name }) => name === "29 Mar 2026");
    expect(spring?.range).toEqual([Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)]);
    for (const [index, { range }] of slots.entries())
      expect(range[0]).toBe(slots[index - 1]?.range[1] ?? range[0]);
    const first = slots[0]?.range[0] ?? 0;
    expect(first).toBe(Date.UTC(2026, 2, 11, 23));
    expect(before).toEqual([first - (now - first), first]);
  });

  it("the 48 hours name a repeated hour twice, each with its offset", () => {
    const { slots } = buildPeriod("48h", Date.UTC(2026, 9, 25, 12, 30), "Europe/Berlin");
    expect(slots).toHaveLength(48);
    const twice = slots.filter(({ label }) => label === "02:00").map(({ name }) => name);
    expect(twice).toEqual(["24 Oct 2026, 02:00 CEST", "25 Oct 2026, 02:00 CEST", "25 Oct 2026, 02:00 CET"]);
    expect(slots.at(-1)?.range).toEqual([Date.UTC(2026, 9, 25, 12), Date.UTC(2026, 9, 25, 13)]);
  });
});

describe("series", () => {
  const ranges: [number, number][] = [0, 1, 2, 3].map((index) => [index * hourMs, (index + 1) * hourMs]);
  const build = (rows: [metric: string, detail: string, range: number, value: number][], access = 0) => {
    const results = rows.map(([metric, detail, range, value]) => ({ metric, detail, range, value }));
    const batch = [{ results }, { results: [{ value: access }] }] as unknown as D1Result[];
    return buildSeries(toHourlyCounts(batch, ranges), 3);
  };

  it("adds up ways back from denials by reason, the most offered first, and leaves out the rest", () => {
    const { recoveries } = build([
      ["recovery_offered", "payment_past_due", 1, 2],
      ["recovery_offered", "payment_past_due", 3, 1],
      ["recovery_opened", "payment_past_due", 2, 2],
      ["recovery_paid", "payment_past_due", 3, 1],
      ["recovery_offered", "no_entitlement", 2, 9],
      // Before the period.
      ["recovery_offered", "revoked", 0, 5],
    ]);
    expect(recoveries).toEqual([
      { reason: "no_entitlement", offered: 9, opened: 0, paid: 0 },
      { reason: "payment_past_due", offered: 3, opened: 2, paid: 1 },
    ]);
  });

  it("goes back from the customers that have access now, by the changes of each slot", () => {
    const { access } = build(
      [
        ["access", "", 0, 50],
        ["access", "", 1, 2],
        ["access", "", 3, -5],
      ],
      10,
    );
    expect(access).toEqual({ now: 10, change: -3, values: [15, 15, 10] });
  });

  it("never adds up currencies, and lists the largest first", () => {
    const { paid } = build([
      ["paid", "eur", 1, 100],
      ["paid", "usd", 2, 900],
      ["paid", "usd", 0, 300],
      ["paid", "eur", 3, -40],
    ]);
    expect(paid).toEqual([
      { currency: "usd", total: 900, before: 300, values: [0, 900, 0] },
      { currency: "eur", total: 60, before: 0, values: [100, 0, -40] },
    ]);
  });

  it("lists denials by reason, the most frequent first, and joins the rest for the chart only", () => {
    const { checks, checksByAnswer } = build([
      ["checks", "allowed", 1, 10],
      ["checks", "usage_exhausted", 2, 3],
      ["checks", "payment_past_due", 2, 4],
      ["checks", "no_entitlement", 3, 1],
      ["checks", "unknown", 3, 1],
    ]);
    expect(checks).toEqual({ total: 19, before: 0, values: [10, 7, 2] });
    expect(checksByAnswer.map(({ name }) => name)).toEqual([
      "Allowed",
      "Denied: payment past due",
      "Denied: no units left",
      "Denied: no active entitlement",
      "Denied: other reasons",
    ]);
    expect(joinRest(checksByAnswer, 3, "Rest").at(-1)).toEqual({ name: "Rest", values: [0, 0, 2] });
  });

  it("has no success rate without deliveries", () => {
    expect(toSuccessRate(0, 0)).toBeNull();
    expect(toSuccessRate(99, 1)).toBe(99);
    expect(build([]).paid).toEqual([]);
  });
});
