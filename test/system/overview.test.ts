import { describe, expect, it } from "vitest";
import { sentencesOf } from "../../dev/seed/portal-client.ts";
import { eventually } from "../eventually.ts";
import { newOperator } from "./operators.ts";
import { newReceiver, respondWith, WebhookOperations } from "./receiver.ts";
import { buy, newWorld } from "./world.ts";

/** Returns the text of a figure of the overview. */
function figureOf(html: string, title: string): string {
  const [, rest = ""] = html.split(
    new RegExp(`<dt>(?:<a [^>]*>)?${title.replace(/[()]/g, "\\$&")}(?:</a>)?</dt>`),
  );
  return sentencesOf(rest.split("</dd>")[0] ?? "");
}

/** Returns the cells of the newest row of a table of the overview, by the table's label. */
function newestRowOf(html: string, label: string): string[] {
  const [, rest = ""] = html.split(`<section class="scroll" aria-label="${label}"`);
  const row = /<tbody><tr>(.*?)<\/tr>/.exec(rest)?.[1] ?? "";
  return [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, cell = ""]) => sentencesOf(cell));
}

describe("the overview", () => {
  it("numbers agree with the API's: credits, payments, deliveries, access and checks", async () => {
    const world = await newWorld();
    const { portal } = await newOperator("viewer", world.accountId);
    const path = `/p/${world.projectId}/test?period=48h`;
    const empty = (await portal.get(path)).html;
    expect(figureOf(empty, "Customers with access")).toMatch(/^0 /);
    expect(figureOf(empty, "Paid volume")).toMatch(/^None yet/);
    expect(figureOf(empty, "Webhook success")).toMatch(/^None yet/);

    const webhooks = WebhookOperations.forWorld(world);
    const good = await newReceiver();
    const bad = await newReceiver(respondWith(500));
    await webhooks.create(good.url);
    await webhooks.create(bad.url);
    await buy(world, "user_1");
    await buy(world, "user_2");
    await eventually(async () => {
      for (const subject of ["user_1", "user_2"])
        expect((await world.api.check(subject)).body.allowed).toBe(true);
    });
    let consumed = 0;
    for (const units of [30, 12, 30]) {
      const reply = await world.api.consume("user_1", units, `spend-${units}`);
      expect(reply.status).toBe(200);
      // The third repeats the first: it spends nothing.
      if (reply.headers.get("Idempotency-Replayed") === null) consumed += units;
    }
    expect(consumed).toBe(42);
    for (let index = 0; index < 3; index++) await world.api.check("stranger");

    await eventually(async () => {
      const { html } = await portal.get(path);
      const deliveries = await webhooks.listDeliveries();
      const delivered = deliveries.filter(({ state }) => state === "sent").length;
      const failed = deliveries.filter(({ state }) => state === "failed" || state === "dead").length;
      expect([delivered, failed]).toEqual([2, 2]);
      expect(newestRowOf(html, "Credits spent").at(-1)).toBe("42");
      expect(newestRowOf(html, "Webhook deliveries").slice(1)).toEqual(["2", "2", "4"]);
      expect(figureOf(html, "Webhook success")).toMatch(/^50% 2 of 4/);
      expect(figureOf(html, "Customers with access")).toMatch(/^2 /);
      expect(figureOf(html, "Paid volume")).toMatch(/^€98\.00 /);
      expect(html).toContain("Denied: no active entitlement");
      expect(figureOf(html, "Access checks")).toMatch(/^[5-9]|\d\d+ .*approximate/);
    }, 30_000);
    expect((await portal.get(`/p/${world.projectId}/test/keys`)).html).toMatch(/about <time/);
    await good.close();
    await bad.close();
  });

  it("refuses a period that does not exist, in words", async () => {
    const world = await newWorld();
    const { portal } = await newOperator("viewer", world.accountId);
    const reply = await portal.get(`/p/${world.projectId}/test?period=1y`);
    expect(reply.status).toBe(422);
    expect(sentencesOf(reply.html)).toContain("This period does not exist.");
  });
});

describe("time zone", () => {
  it("a chosen zone is used to show times and to read them, and a filter keeps its zone", async () => {
    const world = await newWorld();
    const { portal } = await newOperator("viewer", world.accountId);
    const deliveries = `/p/${world.projectId}/test/deliveries`;
    expect((await portal.get(deliveries)).html).toContain("Since (UTC)");
    const refused = await portal.post("/account/time-zone", { zone: "Mars/Olympus" });
    expect(refused.location).toBe("/account");
    await portal.submit("/account/time-zone", { zone: "Europe/Berlin", next: deliveries });
    const { html } = await portal.get(deliveries);
    expect(html).toContain("Since (Europe/Berlin)");
    expect(html).toContain('<input type="hidden" name="zone" value="Europe/Berlin"');

    const skipped = await portal.get(`${deliveries}?since=2026-03-29T02:30`);
    expect(skipped.status).toBe(422);
    expect(skipped.html).toContain("clocks go from 02:00 to 03:00");
    const repeated = await portal.get(`${deliveries}?since=2026-10-25T02:30`);
    expect(repeated.status).toBe(422);
    expect(repeated.html).toContain('<select id="since_offset"');
    const chosen = await portal.get(`${deliveries}?since=2026-10-25T02:30&since_offset=%2B01:00`);
    expect(chosen.status).toBe(200);
    const inTokyo = await portal.get(`${deliveries}?since=2026-03-29T02:30&zone=Asia/Tokyo`);
    expect(inTokyo.status).toBe(200);
    expect(inTokyo.html).toContain("Since (Asia/Tokyo)");
  });

  it("choosing a zone leads back to a page of the portal only", async () => {
    const world = await newWorld();
    const { portal } = await newOperator("viewer", world.accountId);
    for (const next of ["//evil.example", "/\\evil.example", "https://evil.example", ""])
      expect((await portal.post("/account/time-zone", { zone: "UTC", next })).location).toBe("/account");
  });
});
