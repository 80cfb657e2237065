import type { AuditPhase } from "../../../shared/contract/operations/access-audits.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { newId } from "../../../shared/kit/ids.ts";
import { callStripe, getResponseTime } from "../../../shared/stripe/client.ts";
import { fromSeconds } from "../../../shared/stripe/object-fields.ts";
import { parseSession } from "../../../shared/stripe/parse-session.ts";
import { parseSubscription } from "../../../shared/stripe/parse-subscription.ts";
import { listUnseenSubjects } from "../db/access-audit-pages.ts";
import {
  type AuditItem,
  type AuditPage,
  listAfter,
  objectsPerPage,
  readCustomerMetadata,
  readNames,
  toPage,
} from "./audit-page.ts";
import { listCharges } from "./list-charges.ts";
import type { Walk } from "./walk.ts";

/** Reads the next page of the phase, after `cursor`. */
export async function listPage(
  walk: Walk,
  auditId: string,
  phase: AuditPhase,
  cursor: string,
): Promise<AuditPage> {
  switch (phase) {
    case "subscriptions":
      return listSubscriptions(walk, cursor);
    case "sessions":
      return listSessions(walk, cursor);
    case "charges":
      return listCharges(walk, auditId, cursor);
    case "subjects": {
      const { env, connection } = walk.context;
      const refs = await listUnseenSubjects(
        dataOf(env, connection),
        connection,
        { auditId, after: cursor },
        objectsPerPage,
      );
      const items = refs.map((id): AuditItem => ({ type: "subject", id }));
      return { items, unread: 0, last: refs.at(-1) ?? null, isLast: refs.length < objectsPerPage };
    }
  }
}

async function listSubscriptions({ context, mapping }: Walk, cursor: string): Promise<AuditPage> {
  const stripe = await context.stripe();
  // Stripe leaves out canceled ones. Their customers follow as subjects that Stripe does not name.
  const expand = mapping.source === "metadata" ? { expand: ["data.customer"] } : {};
  // Create the id before the request, as for any read of a subscription.
  const sourceId = newId("read");
  const page = await callStripe(stripe.subscriptions.list({ ...listAfter(cursor), ...expand }));
  const at = getResponseTime(page);
  return toPage(page, (subscription) => {
    const parsed = parseSubscription(subscription, { sourceId, said: "read", at }, null);
    const { customerId, ours } = parsed;
    const names = readNames(mapping.metadataKey, [
      subscription.metadata,
      readCustomerMetadata(subscription.customer),
    ]);
    return [{ type: "subscription", id: subscription.id, customerId, ours, names, parsed }];
  });
}

async function listSessions({ context, mapping }: Walk, cursor: string): Promise<AuditPage> {
  const stripe = await context.stripe();
  const expand = mapping.source === "metadata" ? { expand: ["data.customer"] } : {};
  const page = await callStripe(
    stripe.checkout.sessions.list({ ...listAfter(cursor), status: "complete", ...expand }),
  );
  return toPage(page, (session) => {
    // The sale of a subscription is compared with its subscription.
    if (session.mode !== "payment" || session.payment_status === "unpaid") return [];
    const parsed = parseSession(session, "paid", fromSeconds(session.created, "the time of the session"));
    const { customerId, ours } = parsed;
    const names =
      mapping.source === "client_reference_id"
        ? [session.client_reference_id ?? ""].filter((name) => name !== "")
        : readNames(mapping.metadataKey, [session.metadata ?? {}, readCustomerMetadata(session.customer)]);
    return [{ type: "session", id: session.id, customerId, ours, names, parsed }];
  });
}
