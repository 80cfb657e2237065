import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";
import { resolve } from "./resolve.ts";

const maxResults = 8;

/**
 * Finds what a text leads to, for the command palette. What needs a call to Stripe is left to the customers page: the
 * palette lists a link to it below these.
 */
export async function findForPalette(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  if (text === "") return c.json({ results: [], search: null });
  const page = { after: null, limit: maxResults };
  const { recognized, matches, elsewhere, found } = await resolve(c, text, { page, readStripe: false });
  const results = [
    ...matches.map(({ sentence, href }) => ({ label: sentence, kind: "Go to", href })),
    ...elsewhere.map(({ sentence, href, mode }) => ({ label: sentence, kind: `In ${mode} mode`, href })),
    ...found.customers.map(({ subjectRef }) => ({
      label: subjectRef,
      kind: "Customer",
      href: buildCustomerPath(c, subjectRef),
    })),
  ];
  const unique = results.filter(
    ({ href }, index) => results.findIndex((other) => other.href === href) === index,
  );
  return c.json({
    results: unique.slice(0, maxResults),
    search: {
      label: recognized === null ? `Search customers for “${text}”` : `Look up ${recognized}`,
      kind: "Search",
      href: `${buildPath(c, "/customers")}?${new URLSearchParams({ q: text })}`,
    },
  });
}
