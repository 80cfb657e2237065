import { findCustomers } from "../../../../shared/db/customers.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { getScope, type PortalContext } from "../../request-context.ts";
import { buildResultPath } from "./page.tsx";

/**
 * Finds customers for the command palette. Email search is left to the customers page, since it needs a
 * request to Stripe.
 */
export async function findForPalette(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  const customers = text === "" ? [] : await d1(findCustomers(c.env.DB, getScope(c), text, [], 8));
  const results = customers.map(({ subjectRef }) => ({
    label: subjectRef,
    kind: "Customer",
    href: buildResultPath(c, subjectRef, text),
  }));
  return c.json({ results });
}
