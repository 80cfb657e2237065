import type { PortalContext } from "../../request-context.ts";
import { showList } from "./list.tsx";
import { showResults } from "./results.tsx";

/** Shows the list of customers, or what a search finds. */
export function showCustomers(c: PortalContext) {
  const text = (c.req.query("q") ?? "").trim();
  return text === "" ? showList(c) : showResults(c, text);
}
