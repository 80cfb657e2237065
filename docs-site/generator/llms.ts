import type { NavigationGroup } from "../navigation.ts";
import type { Page } from "./pages.ts";
import { withoutAttributes } from "./samples.ts";

/** The page as Markdown that other tools read: without the attributes and anchors of this site. */
export function toTwin({ markdown }: Pick<Page, "markdown">): string {
  return `${withoutAttributes(markdown)
    .replace(/^(#+ .*?)\s*\{#[\w.:-]+\}$/gm, "$1")
    .trim()}\n`;
}

/** The list of pages by the convention of llms.txt. Addresses are relative to the site's origin. */
export function toLlmsList(navigation: NavigationGroup[], pages: Page[]): string {
  const describe = (slug: string) => {
    const page = pages.find((one) => one.slug === slug);
    const text = page?.sections.find((section) => section.text.trim() !== "")?.text.trim() ?? "";
    return `- [${page?.title ?? slug}](/docs/${slug}.md): ${/^.*?[.:](?=\s|$)/.exec(text)?.[0] ?? text}`;
  };
  const groups = navigation.map(({ title, pages: own }) =>
    [`## ${title}`, "", ...own.map(({ slug }) => describe(slug))].join("\n"),
  );
  return [
    "# Licenzy",
    "> Licenzy turns Stripe payments into access: a backend sells through Stripe Checkout, checks access on every request, and spends credits. Every page exists as Markdown; all of them in one file: /docs/llms-full.txt",
    ...groups,
    "",
  ].join("\n\n");
}

export function toLlmsFull(pages: Page[]): string {
  return pages.map((page) => `<!-- /docs/${page.slug} -->\n\n${toTwin(page)}`).join("\n---\n\n");
}
