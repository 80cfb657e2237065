/** Where the site has what a document of the repository links to. */
const siteAddresses: Record<string, string> = {
  "docs/deploying.md": "/docs/self-hosting",
  "docs/alerts.md": "/docs/delivery-debugging#alerts",
};

/** Replaces links into the repository: by the site's page, or by their text. */
export function toSiteLinks(markdown: string): string {
  return markdown.replace(
    /\[([^\]]+)\]\((?!https?:|\/docs|#)([^)\s]+)\)/g,
    (_, text: string, target: string) => {
      const address = siteAddresses[target] ?? toSitePage(target);
      const label = text === target ? (address === undefined ? target : "the guide") : text;
      return address === undefined ? label : `[${label}](${address})`;
    },
  );
}

/** `docs-site/pages/webhooks.md` is `/docs/webhooks`. */
function toSitePage(target: string): string | undefined {
  const [, slug] = /(?:^|\/)docs-site\/pages\/([\w/-]+)\.md/.exec(target) ?? [];
  return slug === undefined ? undefined : slug === "index" ? "/docs/" : `/docs/${slug}`;
}
