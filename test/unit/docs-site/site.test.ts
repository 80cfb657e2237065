import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import MiniSearch from "minisearch";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeSite } from "../../../docs-site/generator/build.ts";
import { searchOptions } from "../../../docs-site/theme/search-options.ts";
import { denialReasons } from "../../../shared/contract/enums.ts";
import { errorCodes } from "../../../shared/contract/error-codes.ts";
import { outboundEventDataSchema, outboundEventTypes } from "../../../shared/contract/outbound-event.ts";
import { rateLimits } from "../../../shared/contract/rate-limits.ts";

/** The built documentation site: its links, its catalogs, its search and what browsers may load from it. */

let parent: string;
let site: string;
let html: Map<string, string>;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "licenzy-docs-"));
  site = join(parent, "docs");
  await writeSite(site);
  const files = readdirSync(site, { recursive: true }).map(String);
  const pages = files.filter((file) => file.endsWith(".html"));
  html = new Map(pages.map((file) => [file, readFileSync(join(site, file), "utf8")]));
}, 120_000);

afterAll(() => rm(parent, { recursive: true, force: true }));

const pageOf = (name: string) => html.get(`${name}.html`) ?? "";
const idsOf = (page: string) => new Set([...page.matchAll(/\bid="([^"]+)"/g)].map(([, id = ""]) => id));

/** Addresses of the same origin that the site does not serve. */
const servedElsewhere = new Set(["/", "/favicon.svg", "/v1/openapi.json"]);

/** Returns why an address does not resolve, or `null`. */
function findProblem(page: string, address: string): string | null {
  if (/^https?:/.test(address)) return null;
  const [path = "", fragment] = address.split("#");
  if (servedElsewhere.has(path)) return null;
  const name = path === "" ? page : path === "/docs/" ? "index.html" : path.replace(/^\/docs\//, "");
  const file = html.has(name) ? name : `${name}.html`;
  if (!html.has(file)) return existsSync(join(site, name)) ? null : `${page}: ${address} does not exist`;
  if (fragment === undefined || idsOf(html.get(file) ?? "").has(decodeURIComponent(fragment))) return null;
  return `${page}: ${address} has no such anchor`;
}

describe("links of the documentation site", () => {
  it("finds a missing page, a missing anchor and a missing file", () => {
    expect(findProblem("index.html", "/docs/nowhere")).toContain("does not exist");
    expect(findProblem("index.html", "/docs/errors#nothing")).toContain("no such anchor");
    expect(findProblem("index.html", "/docs/images/none.png")).toContain("does not exist");
    expect(findProblem("errors.html", "#not_found")).toBeNull();
  });

  it("resolve to a page, an anchor or a file", () => {
    const problems = [...html].flatMap(([page, text]) =>
      [...text.matchAll(/\b(?:href|src|data-search)="([^"]+)"/g)].map(([, address = ""]) =>
        findProblem(page, address),
      ),
    );
    expect(problems.length).toBeGreaterThan(1_000);
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  it("of the Markdown twins resolve too, and every page has a twin without attributes of this site", () => {
    for (const page of html.keys()) {
      if (page === "404.html") continue;
      const twin = readFileSync(join(site, page.replace(".html", ".md")), "utf8");
      expect(twin).toMatch(/^# \S/);
      expect(twin).not.toMatch(/sample=|tab=|<!-- include|\{#/);
      const links = [...twin.matchAll(/\]\((\/docs\/[^)\s]*)\)/g)].map(([, address = ""]) =>
        findProblem(page, address),
      );
      expect(links.filter((problem) => problem !== null)).toEqual([]);
    }
  });

  it("llms.txt lists every page, and llms-full.txt contains every page", () => {
    const list = readFileSync(join(site, "llms.txt"), "utf8");
    const listed = [...list.matchAll(/\]\(\/docs\/(.+?)\.md\)/g)].map(([, slug = ""]) => `${slug}.html`);
    expect(listed.toSorted()).toEqual([...html.keys()].filter((page) => page !== "404.html").toSorted());
    const full = readFileSync(join(site, "llms-full.txt"), "utf8");
    for (const name of listed)
      expect(full).toContain(readFileSync(join(site, name.replace(".html", ".md")), "utf8").trim());
  });
});

describe("catalogs of the documentation site", () => {
  it("have an anchor for every error code, denial reason and event type", () => {
    const missing = (page: string, names: readonly string[]) =>
      names.filter((name) => !idsOf(pageOf(page)).has(name));
    expect(Object.keys(errorCodes).length).toBeGreaterThan(20);
    expect(missing("errors", Object.keys(errorCodes))).toEqual([]);
    expect(missing("denial-reasons", denialReasons)).toEqual([]);
    expect(missing("webhook-events", [...outboundEventTypes, "endpoint.test"])).toEqual([]);
  });

  it("list every key of an event's data and every rate limit", () => {
    for (const key of Object.keys(outboundEventDataSchema.shape))
      expect(pageOf("webhook-events")).toContain(`<td><code>${key}</code></td>`);
    for (const limit of rateLimits) expect(pageOf("limits")).toContain(limit.toLocaleString("en"));
  });

  it("document every endpoint of the OpenAPI document, each with its errors linked", () => {
    const endpoints = [...pageOf("api").matchAll(/href="\/docs\/api\/(\w+)#(\w+)"/g)];
    expect(endpoints.length).toBeGreaterThanOrEqual(13);
    for (const [, page = "", id = ""] of endpoints) expect(idsOf(pageOf(`api/${page}`)).has(id)).toBe(true);
    expect(pageOf("api/usage")).toContain('href="/docs/errors#insufficient_usage"');
  });
});

describe("what browsers load from the documentation site", () => {
  it("is of this origin, and no page has an inline script, style or handler", () => {
    for (const [page, text] of html) {
      expect([page, text.match(/<script(?![^>]*\ssrc="\/docs\/)/g)]).toEqual([page, null]);
      expect([page, text.match(/<style|\sstyle="|\son\w+="/g)]).toEqual([page, null]);
      expect([page, text.match(/<(?:img|script|link)[^>]*\s(?:src|href)="(?:https?:)?\/\//g)]).toEqual([
        page,
        null,
      ]);
    }
    const styles = readdirSync(join(site, "assets")).filter((name) => name.endsWith(".css"));
    for (const name of styles)
      expect(readFileSync(join(site, "assets", name), "utf8")).not.toMatch(/@import|url\((?!"?\/docs\/)/);
  });

  it("has a search that finds “webhook signature” without a server", () => {
    const [file = ""] = readdirSync(join(site, "assets")).filter((name) => name.startsWith("search."));
    const index = MiniSearch.loadJSON(readFileSync(join(site, "assets", file), "utf8"), searchOptions);
    const first = (query: string) => index.search(query)[0]?.id;
    expect(first("webhook signature")).toBe("/docs/webhooks#verify-the-signature");
    expect(first("insufficient_usage")).toBe("/docs/errors#insufficient_usage");
    expect(first("payment_past_due")).toBe("/docs/denial-reasons#payment_past_due");
    expect(index.search("zyxwvu")).toEqual([]);
  });
});
