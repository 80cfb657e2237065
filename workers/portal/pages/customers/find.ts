import { findCustomers } from "../../db/customers.ts";
import { getScope, type PortalContext } from "../../request-context.ts";
import { buildResultPath } from "./page.tsx";

/**
 * Finds customers for the command palette. Email search is left to the customers page, since it needs a
 * request to Stripe. The palette lists a link to the whole search below these.
 */
export async function findForPalette(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  const page = { after: null, limit: 8 };
  const { customers } =
    text === "" ? { customers: [] } : await findCustomers(c.env.DB, getScope(c), text, [], page);
  const results = customers.map(({ subjectRef }) => ({
    label: subjectRef,
    kind: "Customer",
    href: buildResultPath(c, subjectRef, text),
  }));
  return c.json({ results });
}
