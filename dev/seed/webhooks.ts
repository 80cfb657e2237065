import {
  createEndpoint,
  disableEndpoint,
  editEndpoint,
  enableEndpoint,
} from "../../shared/contract/operations/endpoints.ts";
import { outboundEventTypes, signalTypes } from "../../shared/contract/outbound-event.ts";
import { newId } from "../../shared/kit/ids.ts";
import { type ApiClient, buy } from "./api-client.ts";
import type { PocketStripe } from "./pocket-stripe.ts";
import { readWebhooks, runWebhookOperation } from "./provision.ts";
import type { StackFile } from "./stack-file.ts";

interface Scope {
  projectId: string;
  mode: "test";
}

/** Of the signals only this one: the others repeat what other events say. */
const shownSignals = ["usage.low"];

const sampleEndpoint = (url: string) => ({
  url,
  description: "Sample receiver",
  eventTypes: outboundEventTypes.filter(
    (type) => shownSignals.includes(type) || !(signalTypes as readonly string[]).includes(type),
  ),
});

/** Creates an endpoint for the event types of the demo at the sample receiver, and sends the receiver its secret. */
export async function seedReceiver(origin: string, scope: Scope): Promise<StackFile["receiver"]> {
  const url = `${origin}/receiver/demo`;
  const made = await runWebhookOperation(origin, createEndpoint, scope, {
    endpointId: newId("ep"),
    ...sampleEndpoint(url),
  });
  if (made.outcome !== "done") throw new Error(`create endpoint: ${JSON.stringify(made)}`);
  await controlReceiver(url, "secret", { secret: made.secret });
  return { url, endpoint_id: made.endpointId, secret: made.secret };
}

/** Updates the endpoint's URL after the port changed. Does nothing if an operator deleted the endpoint. */
export async function moveReceiver({ origin, project_id, receiver }: StackFile): Promise<void> {
  const scope = { projectId: project_id, mode: "test" } as const;
  const all = await readWebhooks(origin, "listEndpoints", scope);
  const found = all.find(({ endpointId }) => endpointId === receiver.endpoint_id);
  if (found === undefined || found.url === receiver.url) return;
  const edit = { endpointId: found.endpointId, version: found.updatedAt, ...sampleEndpoint(receiver.url) };
  await runWebhookOperation(origin, editEndpoint, scope, edit);
}

/**
 * Creates `user_dead_delivery`: the backend was broken when the customer paid, and an operator dropped the
 * waiting deliveries when enabling the endpoint again. Call it before `seedStories`: it drops every waiting
 * delivery.
 */
export async function seedDeadDelivery(
  api: ApiClient,
  stripe: PocketStripe,
  scope: Scope,
  receiver: StackFile["receiver"],
): Promise<void> {
  const { origin } = api;
  const stateIs = async (wanted: string) => {
    const filter = { subjectRef: "user_dead_delivery" };
    const page = { after: null, limit: 1 };
    const { deliveries } = await readWebhooks(origin, "listDeliveries", scope, filter, page);
    return deliveries[0]?.state === wanted;
  };
  await controlReceiver(receiver.url, "answer", { status: 500, body: "the database is down" });
  await buy(api, stripe, "user_dead_delivery", "CREDITS_1000");
  const patientUntil = Date.now() + 15_000;
  while (!(await stateIs("failed"))) {
    if (Date.now() > patientUntil) throw new Error("the delivery to user_dead_delivery did not fail");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { endpoint_id: endpointId } = receiver;
  await runWebhookOperation(origin, disableEndpoint, scope, { endpointId });
  await controlReceiver(receiver.url, "answer", {});
  await runWebhookOperation(origin, enableEndpoint, scope, { endpointId, waiting: "drop" });
  if (!(await stateIs("dead"))) throw new Error("the delivery to user_dead_delivery is not dead");
}

/** Calls a control of the sample receiver at `url`: `secret` or `answer`. */
export async function controlReceiver(url: string, part: string, body: object): Promise<void> {
  const response = await fetch(`${url}/${part}`, { method: "POST", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`receiver ${part}: ${response.status} ${await response.text()}`);
}
