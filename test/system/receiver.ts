import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { webhooks } from "../../scripts/seed/provision.ts";
import type { OutboundEvent, OutboundEventType } from "../../shared/contract/outbound-event.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { DeliveryPage } from "../../workers/deliveries/operator/list-deliveries.ts";
import type { DeliveryDetail } from "../../workers/deliveries/operator/read-delivery.ts";
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

export const ok: Respond = (_, response) => void response.writeHead(200).end("ok");
export const answer =
  (status: number, headers: Record<string, string> = {}, body = ""): Respond =>
  (_, response) =>
    void response.writeHead(status, headers).end(body);

/** Starts an HTTP receiver in this process that answers as the test scripts it. */
export async function newReceiver(respond: Respond = ok): Promise<ScriptedReceiver> {
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
export class Webhooks {
  private readonly scope: { projectId: string; mode: "test" | "live" };

  constructor(
    private readonly origin: string,
    projectId: string,
  ) {
    this.scope = { projectId, mode: "test" };
  }

  static of(world: World): Webhooks {
    return new Webhooks(world.origin, world.projectId);
  }

  call<T>(name: string, ...args: unknown[]): Promise<T> {
    return webhooks<T>(this.origin, name, this.scope, ...args);
  }

  async create(url: string, eventTypes: OutboundEventType[] = ["purchase.finalized"]) {
    const made = await this.call<{ outcome: string; endpointId: string; secret: string; message?: string }>(
      "createEndpoint",
      { endpointId: newId("ep"), url, description: "test", eventTypes },
    );
    if (made.outcome !== "done") throw new Error(made.message);
    return made;
  }

  async rotate(endpointId: string, overlapMs: number) {
    const { updatedAt: version } = await this.endpoint(endpointId);
    return this.call<{ outcome: string; secret: string }>("rotateSecret", { endpointId, version, overlapMs });
  }

  async deliveries(filter: object = {}): Promise<DeliveryPage["deliveries"]> {
    const all: DeliveryPage["deliveries"] = [];
    let after: string | null = null;
    do {
      const page: DeliveryPage = await this.call("listDeliveries", filter, { after, limit: 100 });
      all.push(...page.deliveries);
      after = page.cursor;
    } while (after !== null);
    return all;
  }

  async only(filter: object = {}): Promise<DeliveryPage["deliveries"][number]> {
    const [delivery, ...others] = await this.deliveries(filter);
    if (delivery === undefined || others.length > 0) throw new Error(`${others.length + 1} deliveries`);
    return delivery;
  }

  async detail(deliveryId: string): Promise<DeliveryDetail> {
    return this.call("readDelivery", deliveryId);
  }

  async endpoint(endpointId: string): Promise<Record<string, unknown>> {
    const all = await this.call<Record<string, unknown>[]>("listEndpoints");
    const found = all.find((endpoint) => endpoint["endpointId"] === endpointId);
    if (found === undefined) throw new Error("no such endpoint");
    return found;
  }
}
