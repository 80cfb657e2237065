import { publicRoute, type Route } from "../auth/route.ts";
import type { PortalContext } from "../request-context.ts";

/** Names with a hash of their content (docs-site/generator/build.ts). */
const hashedFile = /^\/docs\/assets\//;

/**
 * Serves the documentation site from the worker's static assets. Its pages contain no script and no style of their own, so
 * the portal's content security policy holds for them.
 */
async function serveDocs(c: PortalContext): Promise<Response> {
  const url = new URL(c.req.url);
  const found = await c.env.DOCS.fetch(new Request(url, { method: c.req.method, headers: conditions(c) }));
  if (found.status === 404) {
    const page = await c.env.DOCS.fetch(new Request(new URL("/docs/404", url)));
    return new Response(page.body, { status: 404, headers: page.headers });
  }
  const headers = new Headers(found.headers);
  if (hashedFile.test(url.pathname) && found.ok)
    headers.set("Cache-Control", "public, max-age=31536000, immutable");
  // Browsers guess no charset for these.
  if (url.pathname.endsWith(".md")) headers.set("Content-Type", "text/markdown; charset=utf-8");
  if (url.pathname.endsWith(".txt")) headers.set("Content-Type", "text/plain; charset=utf-8");
  return new Response(found.body, { status: found.status, headers });
}

/** The files are public: no cookie of the portal is passed on. */
function conditions(c: PortalContext): Headers {
  const known = c.req.header("If-None-Match");
  return new Headers(known === undefined ? {} : { "If-None-Match": known });
}

export const docsRoutes: Route[] = ["/docs", "/docs/*"].map((path) => publicRoute("GET", path, serveDocs));
