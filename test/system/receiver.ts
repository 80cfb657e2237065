import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { DeliveryView } from "../../dev/entries/deliveries/development-operator.ts";
import { readWebhooks, runWebhookOperation } from "../../dev/seed/provision.ts";
import { createEndpoint, rotateSecret } from "../../shared/contract/operations/endpoints.ts";
import type { InputOf, Operation, ReplyOf } from "../../shared/contract/operations/operation.ts";
import type { Refusal } from "../../shared/contract/operations/reply.ts";
import type { OutboundEvent, OutboundEventType } from "../../shared/contract/outbound-event.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { World } from "./world.ts";

export interface Received {
  headers: Record<string, string>;
  body: string;
  event: OutboundEvent;
  at: number;
}

type Respond = (request: Received, response: ServerResponse, raw: IncomingMessage) => void;

export interface ScriptedReceiver {
  url: string;
  log: Received[];
  /** Answers each request. A test replaces it to change the behavior. */
  respond: Respond;
  close(): Promise<void>;
}

export const respondOk: Respond = (_, response) => void response.writeHead(200).end("ok");
export const respondWith =
  (status: number, headers: Record<string, string> = {}, body = ""): Respond =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

/** Starts an HTTP receiver in this process that answers as the test scripts it. */
export async function newReceiver(respond: Respond = respondOk): Promise<ScriptedReceiver> {
  const log: Received[] = [];
  const receiver = { url: "", log, respond, close: async () => {} };
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (body === null) return;
    const received: Received = {
      headers: request.headers as Record<string, string>,
      body,
      event: JSON.parse(body) as OutboundEvent,
      at: Date.now(),
    };
    log.push(received);
    response.on("error", () => {});
    receiver.respond(received, response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  receiver.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return receiver;
}

/** Returns the whole body, or `null` when the sender was killed before it sent all of it. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  try {
    return await text(request);
  } catch (error) {
    if (request.complete) throw error;
    return null;
  }
}

/** Calls the webhook operations of one project, in test mode. */
export class WebhookOperations {
  private readonly scope: { projectId: string; mode: "test" | "live" };

  constructor(
    private readonly origin: string,
    projectId: string,
  ) {
    this.scope = { projectId, mode: "test" };
  }

  static forWorld(world: World): WebhookOperations {
    return new WebhookOperations(world.origin, world.projectId);
  }

  run<O extends Operation & { worker: "deliveries" }>(operation: O, input: InputOf<O>): Promise<ReplyOf<O>> {
    return runWebhookOperation(this.origin, operation, this.scope, input);
  }

  /** Runs an operation that must not be refused. */
  async done<O extends Operation & { worker: "deliveries" }>(
    operation: O,
    input: InputOf<O>,
  ): Promise<Exclude<ReplyOf<O>, Refusal>> {
    const reply = await this.run(operation, input);
    const { outcome, message } = reply as { outcome: string; message?: string };
    if (outcome !== "done") throw new Error(message);
    return reply as Exclude<ReplyOf<O>, Refusal>;
  }

  create(url: string, eventTypes: OutboundEventType[] = ["purchase.finalized"]) {
    return this.done(createEndpoint, { endpointId: newId("ep"), url, description: "test", eventTypes });
  }

  async rotate(endpointId: string, overlapMs: number) {
    const { updatedAt: version } = await this.readEndpoint(endpointId);
    return this.done(rotateSecret, { endpointId, version, overlapMs });
  }

  async listDeliveries(filter: object = {}): Promise<DeliveryView[]> {
    const all: DeliveryView[] = [];
    let after: string | null = null;
    do {
      const page: { deliveries: DeliveryView[]; cursor: string | null } = await readWebhooks(
        this.origin,
        "listDeliveries",
        this.scope,
        filter,
        { after, limit: 100 },
      );
      all.push(...page.deliveries);
      after = page.cursor;
    } while (after !== null);
    return all;
  }

  async readOnlyDelivery(filter: object = {}): Promise<DeliveryView> {
    const [delivery, ...others] = await this.listDeliveries(filter);
    if (delivery === undefined || others.length > 0) throw new Error(`${others.length + 1} deliveries`);
    return delivery;
  }

  async readDelivery(deliveryId: string) {
    const found = await readWebhooks(this.origin, "readDelivery", this.scope, deliveryId);
    if (found === null) throw new Error(`no delivery ${deliveryId}`);
    return found;
  }

  job(jobId: string) {
    return readWebhooks(this.origin, "readJob", jobId);
  }

  async readEndpoint(endpointId: string) {
    const all = await readWebhooks(this.origin, "listEndpoints", this.scope);
    const found = all.find((endpoint) => endpoint.endpointId === endpointId);
    if (found === undefined) throw new Error("no such endpoint");
    return found;
  }
}
