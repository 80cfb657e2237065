import { createEndpoint } from "../../shared/contract/operations/endpoints.ts";
import type { InputOf, Operation, ReplyOf } from "../../shared/contract/operations/operation.ts";
import type { OutboundEventType } from "../../shared/contract/outbound-event.ts";
import type { Scope } from "../../shared/contract/scope.ts";
import { type DeliveryMessage, insertEvents } from "../../shared/db/outbound-events.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { actor } from "./members.ts";
import { runAsActor } from "./operator-calls.ts";
import { env, now } from "./subjects.ts";

/** The messages that the functions under test have sent to the queue. */
export const enqueued: DeliveryMessage[] = [];

/** The bindings of the deliveries worker, with a queue that only records its messages. */
export const deliveriesEnv = {
  DB: env.DB,
  DEV: env.DEV,
  WEBHOOK_WRAPPING_KEYS: env.STRIPE_WRAPPING_KEYS,
  DELIVERIES: {
    sendBatch: async (messages: { body: DeliveryMessage }[]) => {
      enqueued.push(...messages.map(({ body }) => body));
    },
  },
  // A test runs the pages of a job itself.
  LANES: { runJob: async () => {} },
} as unknown as DeliveriesEnv;

export { now };

/** Runs an operation on webhooks as `actor`, when the clock shows `at`. */
export const act = <O extends Operation & { worker: "deliveries" }>(
  operation: O,
  scope: Scope,
  input: InputOf<O>,
  at: number,
): Promise<ReplyOf<O>> => runAsActor({ env: deliveriesEnv, actor, now: at }, operation, scope, input);

/** Returns the scope of a new project, in test mode. */
export function newScope() {
  return { projectId: newId("prj"), mode: "test" as const };
}

export async function newEndpoint(
  scope: { projectId: string; mode: "test" },
  eventTypes: OutboundEventType[] = ["purchase.finalized"],
): Promise<{ endpointId: string; secret: string }> {
  const input = { endpointId: newId("ep"), url: "http://127.0.0.1:9/", description: "", eventTypes };
  const made = await act(createEndpoint, scope, input, await now());
  if (made.outcome !== "done") throw new Error(made.message);
  return made;
}

/** Inserts events of a subject, each with a due delivery for every endpoint of the scope, as a flush does. */
export async function insertDueEvents(
  scope: { projectId: string; mode: "test" },
  count: number,
): Promise<DeliveryMessage[]> {
  const at = await now();
  const events = Array.from({ length: count }, (_, number) => ({
    eventId: newId("evt", at + number),
    type: "purchase.finalized" as const,
    sequence: number + 1,
    occurredAt: at,
    body: "{}",
  }));
  return insertEvents(env.DB, { ...scope, subjectRef: "user_1" }, events, at);
}
