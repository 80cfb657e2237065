import MiniSearch from "minisearch";
import { searchOptions } from "../theme/search-options.ts";
import { addressOf } from "./layout.tsx";
import type { Page } from "./pages.ts";

/** The serialized index of every section, for a search without a server. */
export function buildSearchIndex(pages: Page[]): string {
  const index = new MiniSearch(searchOptions);
  for (const page of pages) {
    for (const [position, { id, heading, text }] of page.sections.entries()) {
      if (position > 0 && heading === "") continue;
      index.add({
        id: id === "" ? addressOf(page.slug) : `${addressOf(page.slug)}#${id}`,
        title: heading === "" ? page.title : heading,
        page: page.title,
        text,
        excerpt: text.slice(0, 160),
      });
    }
  }
  return JSON.stringify(index);
}
