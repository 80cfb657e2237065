import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenApiDocument } from "../../scripts/sdk/read-openapi-document.ts";
import { type NavigationGroup, navigation } from "../navigation.ts";
import { endpointTable, referencePages } from "./catalogs/api-reference.ts";
import { denialReasonCatalog } from "./catalogs/denial-reasons.ts";
import { errorCatalog } from "./catalogs/errors.ts";
import { eventDataTable, eventTypeCatalog } from "./catalogs/events.ts";
import { checkoutLimitTable, rateLimitTable, sizeLimitTable } from "./catalogs/limits.ts";
import { type RenderedPage, renderMarkdown } from "./markdown.ts";
import { toSiteLinks } from "./repository-links.ts";

export const siteFolder = join(import.meta.dirname, "..");
const root = join(siteFolder, "..");

export interface Page extends RenderedPage {
  slug: string;
  /** The name in the sidebar. */
  label: string;
  group: string;
  /** The whole page, catalogs included. */
  markdown: string;
}

/** Text from the repository that a page includes by `<!-- include: name -->`. */
export type Includes = Record<string, () => string | Promise<string>>;

function includesOf(document: OpenApiDocument): Includes {
  const readPage = async (path: string) =>
    toSiteLinks(withoutTitle(await readFile(join(root, path), "utf8")));
  return {
    errors: errorCatalog,
    "denial-reasons": denialReasonCatalog,
    "event-types": eventTypeCatalog,
    "event-data": eventDataTable,
    "rate-limits": rateLimitTable,
    "checkout-limits": checkoutLimitTable,
    "size-limits": sizeLimitTable,
    endpoints: () => endpointTable(document),
    "sdk-readme": async () => splitSection(await readPage("sdk/README.md"), commandLine).rest,
    "sdk-command-line": async () => splitSection(await readPage("sdk/README.md"), commandLine).section,
    changelog: () => readPage("CHANGELOG.md"),
  };
}

/** The sidebar with the generated pages of the API reference. */
export function fullNavigation(document: OpenApiDocument): NavigationGroup[] {
  const reference = referencePages(document).map(({ slug, label }) => ({ slug, label }));
  return navigation.map((group) =>
    group.title === "API" ? { ...group, pages: group.pages.toSpliced(1, 0, ...reference) } : group,
  );
}

/** Reads and renders every page in reading order. */
export async function readPages(document: OpenApiDocument): Promise<Page[]> {
  const includes = includesOf(document);
  const generated = new Map(referencePages(document).map(({ slug, markdown }) => [slug, markdown]));
  const entries = fullNavigation(document).flatMap(({ title, pages }) =>
    pages.map((page) => ({ ...page, group: title })),
  );
  return Promise.all(
    entries.map(async (entry) => {
      const source = generated.get(entry.slug) ?? (await readSource(entry.slug));
      const markdown = await expand(source, includes);
      try {
        return { ...entry, markdown, ...renderMarkdown(markdown) };
      } catch (error) {
        throw new Error(`The page ${entry.slug} can't be rendered: ${String(error)}`, { cause: error });
      }
    }),
  );
}

export const readSource = (slug: string): Promise<string> =>
  readFile(join(siteFolder, "pages", `${slug}.md`), "utf8");

async function expand(source: string, includes: Includes): Promise<string> {
  const pieces = source.split(/<!-- include: ([\w-]+) -->/);
  const expanded = pieces.map((piece, index) => {
    if (index % 2 === 0) return piece;
    const include = includes[piece];
    if (include === undefined) throw new Error(`There is no include ${piece}`);
    return include();
  });
  return (await Promise.all(expanded)).join("");
}

const commandLine = "Command line";

/** Takes a section of the second level out of a page. `section` is without its heading. */
function splitSection(markdown: string, heading: string): { section: string; rest: string } {
  const found = new RegExp(`^## ${heading}\\n+([\\s\\S]*?)(?=^## |(?![\\s\\S]))`, "m").exec(markdown);
  if (found === null) throw new Error(`There is no section ${heading}`);
  return { section: found[1]?.trim() ?? "", rest: markdown.replace(found[0], "") };
}

const withoutTitle = (markdown: string) => markdown.replace(/^# .*\n+/, "");
