import { beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../shared/kit/ids.ts";
import { eventually } from "../eventually.ts";
import { toText } from "./forms.ts";
import { newOperator, type TestOperator } from "./operators.ts";
import { buy, newWorld, type World } from "./world.ts";

/** The list of customers over HTTP: every tab, filter and order, both ways, with hostile names. */

const hostile = [
  "1.5",
  "-1.user",
  ".hidden",
  "a.b.c",
  "50%",
  "%2F..%2F",
  "a/b?c#d&e=f",
  "'; DROP TABLE subjects; --",
  '<img src=x onerror=alert(1)>"',
  "two  spaces",
  "null",
  "__proto__",
  "\u202Egnirts",
  "😀🏳️‍🌈",
  "Ünïcödé",
  "x".repeat(255),
];
const plain = Array.from({ length: 92 }, (_, index) => `user_${String(index).padStart(3, "0")}`);
const all = [...hostile, ...plain];
const buyer = "user_000";

let world: World;
let operator: TestOperator;
const listOf = (query = "") => `/p/${world.projectId}/test/customers${query}`;

const decode = (text: string) =>
  text.replace(
    /&(amp|lt|gt|quot|#39);/g,
    (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name] ?? "",
  );
const refsOf = (html: string) =>
  [...html.matchAll(/<b class="mono"><bdi[^>]*>([^<]*)<\/bdi><\/b>/g)].map(([, ref = ""]) => decode(ref));
const linkOf = (html: string, rel: "next" | "prev") =>
  decode(new RegExp(`<a class="button small" href="([^"]+)" rel="${rel}"`).exec(html)?.[1] ?? "");

beforeAll(async () => {
  world = await newWorld();
  operator = await newOperator("viewer", world.accountId);
  await buy(world, buyer);
  await Promise.all(
    all.map(async (subject_ref) => {
      const body = JSON.stringify({ subject_ref, product_code: "CREDITS_1000" });
      const reply = await world.api.post("/v1/checkout/session", body, { "Idempotency-Key": newId("req") });
      expect(reply.status).toBe(201);
    }),
  );
  await eventually(async () =>
    expect(toText(await operator.portal.get(listOf("?tab=allowed")))).toContain(buyer),
  );
}, 60_000);

async function walk(first: string) {
  const pages: string[][] = [];
  let { html } = await operator.portal.get(first);
  for (;;) {
    pages.push(refsOf(html));
    const next = linkOf(html, "next");
    if (next === "" || pages.length > 5) break;
    ({ html } = await operator.portal.get(next));
  }
  const back: string[][] = [pages.at(-1) ?? []];
  for (let prev = linkOf(html, "prev"); prev !== "" && back.length < 9; prev = linkOf(html, "prev")) {
    ({ html } = await operator.portal.get(prev));
    back.unshift(refsOf(html));
  }
  return { pages, back };
}

describe("the list of customers", () => {
  it.each([
    "",
    "?sort=customer",
    "?sort=-customer",
    "?sort=created",
    "?sort=-units",
    "?sort=units",
    "?sort=-paid",
    "?sort=ends",
    "?sort=-ends",
  ])("the pages of %s show each customer once, and the same ones on the way back", async (query) => {
    const { pages, back } = await walk(listOf(query));
    expect(pages.map(({ length }) => length)).toEqual([50, 50, 8]);
    expect(pages.flat().toSorted()).toEqual(all.toSorted());
    expect(back).toEqual(pages);
  });

  it("names are in the order of their bytes", async () => {
    const { pages } = await walk(listOf("?sort=customer"));
    const bytes = (text: string) => Buffer.from(text);
    expect(pages.flat()).toEqual(all.toSorted((a, b) => Buffer.compare(bytes(a), bytes(b))));
  });

  it("the customer who paid is the only one with access, with the units, the amount and no end", async () => {
    const page = await operator.portal.get(listOf("?tab=allowed"));
    expect(refsOf(page.html)).toEqual([buyer]);
    const text = toText(page);
    expect(text).toMatch(/All 108 Has access 1 No access 107 Past due 0 On hold 0 Waiting for payment 0/);
    expect(text).toMatch(/Allowed .*1,000 €49\.00 —/);
  });

  it.each([
    ["?product=CREDITS_1000", 1],
    ["?product=NONE", 0],
    ["?units=1000-", 1],
    ["?units=1-99", 0],
    ["?ends=never&tab=allowed", 1],
    ["?ends=ended", 0],
    ["?created=1d&product=CREDITS_1000&sort=-paid", 1],
    ["?tab=past_due&sort=units", 0],
    ["?tab=waiting&sort=-paid", 0],
  ])("%s lists %i", async (query, count) => {
    const page = await operator.portal.get(listOf(query));
    expect(page.status).toBe(200);
    expect(refsOf(page.html)).toHaveLength(count);
    if (count === 0) expect(toText(page)).toContain("No matching customers");
  });

  it("a filter is removed by its chip, and tab and order stay", async () => {
    const { html } = await operator.portal.get(listOf("?tab=allowed&units=1000-&sort=-paid"));
    const chip = /<a class="chip set" href="([^"]+)"/.exec(html)?.[1] ?? "";
    expect(decode(chip)).toBe(listOf("?tab=allowed&sort=-paid"));
  });

  it.each([
    "?tab=nothing",
    "?sort=name",
    "?units=many",
    "?after=nonsense",
    "?after=1.a&before=1.b",
    "?unknown=1",
  ])("%s is refused, and nothing is listed", async (query) => {
    const page = await operator.portal.get(listOf(query));
    expect(page.status).toBe(422);
    expect(refsOf(page.html)).toEqual([]);
  });

  it("hostile names never become markup", async () => {
    const { html } = await operator.portal.get(listOf("?sort=customer"));
    expect(html).not.toContain("<img src=x");
  });
});
