import type {
  CustomerView,
  DecisionView,
  EntitlementExplained,
} from "../../../../shared/contract/operations/customer-views.ts";
import * as customers from "../../../../shared/contract/operations/customers.ts";
import type { Refusal } from "../../../../shared/contract/operations/reply.ts";
import type { ReservationView } from "../../../../shared/contract/operations/reservation-views.ts";
import { type CustomerLists, readCustomerLists } from "../../db/customer.ts";
import type { Neighbors } from "../../db/customer-neighbors.ts";
import { callOperation } from "../../http/call-operation.ts";
import { getZone } from "../../http/zone-cookie.ts";
import { getDatabases, getScope, type PortalContext } from "../../request-context.ts";
import { loadNeighbors } from "./neighbors.tsx";
import type { Profile } from "./profile.tsx";
import { parseAsOf } from "./sections/as-of.ts";

/** A decision and the entitlements it is based on. */
export interface DecisionWithEntitlements {
  decision: DecisionView;
  entitlements: EntitlementExplained[];
  /** What was held. */
  reservations: ReservationView[];
}

export interface CustomerPage {
  customer: CustomerView;
  lists: CustomerLists;
  /** The decision at another time, or an error message. `null` when no time was requested. */
  past: DecisionWithEntitlements | string | null;
  profile: Profile;
  /** The customers before and after this one in the list that the page was opened from. */
  neighbors: Neighbors | null;
  /** The end of the previous timeline page. `null` on the first page. */
  cursor: Cursor | null;
}

export interface Cursor {
  sequence: number;
  at: number;
}

/** Usage in a row is one line of the timeline, so that a page is shorter than this. */
const entriesPerPage = 50;
/** Maximum number of checkouts, of Stripe events and of deliveries. */
export const maxRowsPerList = 100;

/**
 * Reads the ledger, D1 and Stripe in parallel. Including the session, this takes three round trips to D1, of which two are
 * one after another. Stripe is waited for at most a second.
 */
export async function loadCustomer(
  c: PortalContext,
): Promise<({ outcome: "done" } & CustomerPage) | Refusal> {
  const subjectRef = c.req.param("subject") ?? "";
  const cursor = readCursor(c.req.query("before"));
  const page = { before: cursor?.sequence ?? null, limit: entriesPerPage, withProfile: true };
  const window = { before: cursor?.at ?? null, limit: maxRowsPerList };
  const [reply, lists, past, neighbors] = await Promise.all([
    callOperation(c, customers.readCustomer, { subjectRef, ...page }),
    readCustomerLists(getDatabases(c), { ...getScope(c), subjectRef }, window),
    readPastDecision(c, subjectRef),
    loadNeighbors(c, subjectRef),
  ]);
  if (reply.outcome === "refused") return reply;
  const { customer, profile } = reply;
  return { outcome: "done", customer, profile, lists, past, neighbors, cursor };
}

async function readPastDecision(
  c: PortalContext,
  subjectRef: string,
): Promise<DecisionWithEntitlements | string | null> {
  const text = (c.req.query("as_of") ?? "").trim();
  if (text === "") return null;
  const asOf = parseAsOf(text, getZone(c));
  if (typeof asOf === "string") return asOf;
  const reply = await callOperation(c, customers.readDecision, { subjectRef, asOf });
  return reply.outcome === "refused" ? reply.message : reply;
}

function readCursor(before: string | undefined): Cursor | null {
  const [, sequence, at] = /^(\d{1,15})\.(\d{1,15})$/.exec(before ?? "") ?? [];
  return sequence === undefined || at === undefined ? null : { sequence: Number(sequence), at: Number(at) };
}
