import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiClient } from "../../dev/seed/api-client.ts";
import { seed } from "../../dev/seed/seed.ts";
import type { StackFile } from "../../dev/seed/stack-file.ts";
import { chromiumPath, openPortalBrowser, type PortalBrowser, signIn } from "./portal-browser.ts";

interface Chart {
  title: string;
  /** Per slot, oldest first: its words, and the height of its bars in units of the drawing. */
  slots: { text: string; height: number }[];
  /** The rows of the table, newest first: the name of the slot, then the numbers. */
  rows: { name: string; values: number[] }[];
}

/** Reads every chart of the page and the table below it. Runs in the page. */
const readCharts = `[...document.querySelectorAll("[data-chart]")].map((plot) => {
  const holder = plot.closest(".card, .pad, #usage");
  const titled = [...plot.querySelectorAll("rect")].filter((rect) => rect.querySelector("title"));
  const number = (rect, name) => Number(rect.getAttribute(name));
  const bars = [...plot.querySelectorAll("rect:not(.slot):not(.none)")];
  return {
    title: plot.dataset.chart,
    slots: titled.map((rect) => ({
      text: rect.querySelector("title").textContent,
      height: bars
        .filter((bar) => number(bar, "x") >= number(rect, "x") &&
          number(bar, "x") < number(rect, "x") + number(rect, "width"))
        .reduce((sum, bar) => sum + number(bar, "height"), 0),
    })),
    rows: [...holder.querySelectorAll("tbody tr")].map((row) => {
      const [name, ...values] = [...row.cells].map((cell) => cell.textContent.trim());
      return { name, values: values.map((value) => Number(value.replaceAll(",", ""))) };
    }),
  };
})`;

/** Adds up the numbers that a slot names: \`12 delivered, 3 failed\`. */
const addUp = (text: string): number =>
  [...text.matchAll(/(?:^|, )(\d[\d,]*)(?! [A-Z])(?= |$)/g)].reduce(
    (sum, [, digits = ""]) => sum + Number(digits.replaceAll(",", "")),
    0,
  );

describe.skipIf(chromiumPath === undefined)("charts", () => {
  let portal: PortalBrowser;
  let file: StackFile;

  beforeAll(async () => {
    portal = await openPortalBrowser();
    const { origin, secrets } = portal.stack;
    file = await seed({ origin, setupToken: secrets.setupToken });
    const api = new ApiClient(origin, file.test_key);
    for (const subjectRef of ["user_paid", "user_paid", "user_refunded", "user_out_of_credits", "nobody"])
      await api.check(subjectRef);
    await fetch(`${origin}/__dev/cron`, { method: "POST" });
  });
  afterAll(() => portal.close());

  it("every chart has the numbers of its table, in words and in the height of its bars", async () => {
    // Scripts take the words of a slot out of the drawing.
    const context = await portal.browser.newContext({
      baseURL: portal.stack.origin,
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await signIn(page, file.operators[0]);
    const root = `/p/${file.project_id}/test`;
    // The runtime counts checks in memory, and writes the counts within seconds.
    await expect
      .poll(
        async () => {
          await page.goto(root);
          return page.locator('[data-chart="Access checks"]').count();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    const seen: string[] = [];
    for (const path of ["", "?period=48h", "/customers/user_out_of_credits?tab=usage"]) {
      await page.goto(root + path);
      for (const { title, slots, rows } of (await page.evaluate(readCharts)) as Chart[]) {
        const where = `${path} ${title}`;
        // With several series, the last column is the total.
        const oldestFirst = rows.toReversed();
        const totals = oldestFirst.map(({ values }) => values.at(-1) ?? Number.NaN);
        const parts = oldestFirst.map(({ name }, slot) => {
          const text = slots[slot]?.text ?? "";
          expect(text.startsWith(name)).toBe(true);
          return text.slice(name.length).replace(/^.*?: /, "");
        });
        expect({ where, totals: parts.map(addUp) }).toEqual({ where, totals });
        for (const { values } of oldestFirst) {
          if (values.length > 1)
            expect(values.slice(0, -1).reduce((sum, value) => sum + value, 0)).toBe(values.at(-1));
        }
        const most = Math.max(...totals);
        const heights = slots.map(({ height }) => height);
        for (const [index, height] of heights.entries())
          expect(Math.abs(height / Math.max(...heights) - (totals[index] ?? 0) / most)).toBeLessThan(0.02);
        seen.push(title);
      }
    }
    expect(new Set(seen)).toEqual(
      new Set(["Access checks", "Webhook deliveries", "Credits spent", "Units by day"]),
    );
    await context.close();
  });
});
