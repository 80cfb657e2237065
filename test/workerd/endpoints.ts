import type { OutboundEventType } from "../../shared/contract/outbound-event.ts";
import type { Actor } from "../../shared/db/audit.ts";
import type { DeliveryWakeUp } from "../../shared/db/write-events.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { createEndpoint } from "../../workers/deliveries/operator/create-endpoint.ts";
import { env } from "./subjects.ts";

/** The messages that the functions under test have sent to the queue. */
export const asked: DeliveryWakeUp[] = [];

/** The bindings of the deliveries worker, with a queue that only records its messages. */
export const deliveriesEnv = {
  DB: env.DB,
  DEV: env.DEV,
  WEBHOOK_WRAPPING_KEYS: env.STRIPE_WRAPPING_KEYS,
  DELIVERIES: {
    sendBatch: async (messages: { body: DeliveryWakeUp }[]) => {
      asked.push(...messages.map(({ body }) => body));
    },
  },
} as unknown as DeliveriesEnv;

export const now = async () => Date.now() + (await env.DEV.clockOffsetMs());

export const actor: Actor = {
  accountId: "acc_1",
  operatorId: "opr_1",
  name: "Sam",
  email: "sam@tests.example",
  ipAddress: null,
};

/** Returns the scope of a new project, in test mode. */
export function newScope() {
  return { projectId: newId("prj"), mode: "test" as const };
}

export async function newEndpoint(
  scope: { projectId: string; mode: "test" },
  eventTypes: OutboundEventType[] = ["purchase.finalized"],
): Promise<{ endpointId: string; secret: string }> {
  const input = { endpointId: newId("ep"), url: "http://127.0.0.1:9/", description: "", eventTypes };
  const made = await createEndpoint(deliveriesEnv, actor, scope, input, await now());
  if (made.outcome !== "done") throw new Error(made.message);
  return made;
}
