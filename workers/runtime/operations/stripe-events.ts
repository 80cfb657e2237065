import { refusal } from "../../../shared/contract/operations/reply.ts";
import { retryStripeEvent } from "../../../shared/contract/operations/stripe.ts";
import { dataOf } from "../../../shared/db/databases.ts";
import { findStripeEvent } from "../../../shared/db/stripe-events.ts";
import { retryByOperator } from "../stripe-events/retry-by-operator.ts";
import { implement } from "./implement.ts";

/** A crash after the row was reopened leaves it due: the sweep processes it. */
export const retry = implement(retryStripeEvent, async ({ env, scope, audit }, { eventId }) => {
  const row = await findStripeEvent(dataOf(env, scope), scope, eventId);
  if (row === null) return refusal("not_found", "Event not found in this project and mode.");
  const { connectionId, status, detail } = row;
  const entry = audit({ target: eventId, before: { status, detail } });
  const { retried } = await retryByOperator(
    env,
    { connectionId, eventId, projectId: scope.projectId },
    entry,
  );
  if (!retried) return refusal("conflict", `This event is ${status}. Only failed events can be retried.`);
  const after = await findStripeEvent(dataOf(env, scope), scope, eventId);
  return { outcome: "done", status: after?.status ?? status, detail: after?.detail ?? null };
});
