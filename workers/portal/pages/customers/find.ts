import { findCustomers } from "../../../../shared/db/customers.ts";
import { d1 } from "../../../../shared/db/deadline.ts";
import { customerPath, type PortalContext, placeOf } from "../../request-context.ts";

/** What the palette shows while somebody types: customers, fast. Addresses are for the page, which asks Stripe. */
export async function findForPalette(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  const customers = text === "" ? [] : await d1(findCustomers(c.env.DB, placeOf(c), text, [], 8));
  const results = customers.map(({ subjectRef }) => ({
    label: subjectRef,
    kind: "Customer",
    href: customerPath(c, subjectRef),
  }));
  return c.json({ results });
}
