import {
  type OperatorCaller,
  type OperatorRpc,
  type Place,
  refusal,
} from "../../../shared/contract/operator.ts";
import type { AuditEntry } from "../../../shared/db/audit.ts";
import { authorize } from "../../../shared/db/authorize.ts";
import { d1 } from "../../../shared/db/deadline.ts";
import { readEventOf } from "../../../shared/db/stripe-events.ts";
import type { RuntimeEnv } from "../env.ts";
import { retryEvent as retry } from "../stripe-inbound/retry-event.ts";

/** Tries an event again now. A crash after reopening leaves it due, and the sweep takes it up. */
export async function retryEvent(
  env: RuntimeEnv,
  caller: OperatorCaller,
  place: Place,
  eventId: string,
): ReturnType<OperatorRpc["retryEvent"]> {
  const permit = await authorize(env, caller, { role: "support", place });
  if (permit.outcome === "refused") return permit;
  const { actor, now } = permit;
  const row = await d1(readEventOf(env.DB, place, eventId));
  if (row === null) return refusal("not_found", "There is no such event in this project and mode.");
  const before = { status: row.status, detail: row.detail };
  const audit: AuditEntry = {
    actor,
    at: now,
    action: "stripe_event.retry",
    target: eventId,
    ...place,
    before,
  };
  const { connectionId } = row;
  const { retried } = await retry(env, { connectionId, eventId }, audit);
  if (!retried) return refusal("conflict", `This event is ${row.status}: there is nothing to try again.`);
  const after = await d1(readEventOf(env.DB, place, eventId));
  return { outcome: "done", status: after?.status ?? row.status, detail: after?.detail ?? null };
}
