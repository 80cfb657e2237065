import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { createEndpoint } from "../../shared/contract/operations/endpoints.ts";
import type { OutboundEvent } from "../../shared/contract/outbound-event.ts";
import { newId } from "../../shared/kit/ids.ts";
import { ApiClient, buy } from "../seed/api-client.ts";
import { PocketStripe } from "../seed/pocket-stripe.ts";
import { provision, runWebhookOperation } from "../seed/provision.ts";
import { startStack } from "../stack/stack.ts";

const subjects = 50;
const consumesEach = 19;
const changes = subjects * (1 + consumesEach);
const changesPerSecond = 25;
const patienceMs = 60_000;

interface Endpoint {
  name: string;
  isGood: boolean;
  respond(response: ServerResponse): void;
  /** Milliseconds from the change to its first arrival, by event id. */
  delays: Map<string, number>;
}

const endpoint = (name: string, isGood: boolean, respond: Endpoint["respond"]): Endpoint => ({
  name,
  isGood,
  respond,
  delays: new Map(),
});

const newEndpoints = () => [
  endpoint("good 1", true, (response) => response.writeHead(200).end()),
  endpoint("good 2", true, (response) => response.writeHead(204).end()),
  endpoint("slow (2 s)", false, (response) => setTimeout(() => response.writeHead(200).end(), 2_000)),
  endpoint("answers 500", false, (response) => response.writeHead(500).end()),
  endpoint("hangs", false, () => {}),
];

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function listen({ respond, delays }: Endpoint) {
  const server = createServer(async (request, response) => {
    const arrivedAt = Date.now();
    const event = (await json(request)) as OutboundEvent;
    if (!delays.has(event.id)) delays.set(event.id, arrivedAt - Date.parse(event.timestamp));
    respond(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

/** Creates a project with one pack to sell and the five endpoints. */
async function setUp(origin: string, urls: string[]): Promise<{ api: ApiClient; stripe: PocketStripe }> {
  const project = { accountName: "Bench", name: "bench", region: "weur", planStatus: "active" };
  const urlsOfShop = { successUrl: `${origin}/__dev/shop`, cancelUrl: null };
  const { projectId } = await provision<{ projectId: string }>(origin, "createProject", {
    ...project,
    ...urlsOfShop,
  });
  const stripe = new PocketStripe(origin, "sk_test_bench0001");
  await provision(origin, "connectStripe", projectId, "test", { apiKey: stripe.apiKey, origin });
  await provision(origin, "createProduct", projectId, "test", {
    productCode: "CREDITS_1000",
    name: "1,000 credits",
    stripePriceId: await stripe.createPrice("1,000 credits", 4_900),
    kind: "usage_pack",
    units: 1_000,
    expiresAfterDays: null,
  });
  const key = { name: "bench", expiresAt: null };
  const { apiKey } = await provision<{ apiKey: string }>(origin, "createApiKey", projectId, "test", key);
  for (const url of urls) {
    const eventTypes = ["purchase.finalized", "usage.consumed"];
    const endpoint = { endpointId: newId("ep"), url, description: "", eventTypes };
    await runWebhookOperation(origin, createEndpoint, { projectId, mode: "test" }, endpoint);
  }
  return { api: new ApiClient(origin, apiKey), stripe };
}

/** Starts `changesPerSecond` changes a second, without waiting for earlier ones to be answered. */
async function makeChanges(api: ApiClient, stripe: PocketStripe): Promise<void> {
  const all: (() => Promise<unknown>)[] = [];
  for (let subject = 0; subject < subjects; subject++)
    all.push(() => buy(api, stripe, `user_${subject}`, "CREDITS_1000"));
  for (let round = 0; round < consumesEach; round++)
    for (let subject = 0; subject < subjects; subject++)
      all.push(async () => {
        const { status } = await api.consume(`user_${subject}`, 1, `bench-${subject}-${round}`);
        if (status !== 200) throw new Error(`consume: ${status}`);
      });
  const running: Promise<unknown>[] = [];
  for (const change of all) {
    running.push(change());
    await pause(1_000 / changesPerSecond);
  }
  await Promise.all(running);
}

function quantile(values: number[], share: number): number {
  return (
    values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0
  );
}

export interface DeliveryTime {
  endpoint: string;
  /** The number of state changes that reached the endpoint. */
  events: number;
  changes: number;
  /**
   * Milliseconds from the time in the ledger to the first byte of the request, both on this machine's clock.
   */
  medianMs: number;
  ninetyFivePercentMs: number;
  lastMs: number;
  /** `null` for an endpoint that fails: it has no target. */
  holds: boolean | null;
}

const targetMs = 500;

/**
 * Makes 1,000 state changes and measures their deliveries to five endpoints: one hangs, one responds with
 * 500, and one takes 2 s. The other two must get every event within the target.
 */
export async function timeDeliveries(): Promise<DeliveryTime[]> {
  const stateDir = await mkdtemp(join(tmpdir(), "licenzy-bench-"));
  const logFile = join(stateDir, "workers.log");
  const stack = await startStack({ port: 0, stateDir, cronEveryMs: 5_000, logFile });
  const endpoints = newEndpoints();
  const servers = await Promise.all(endpoints.map(listen));
  try {
    const { origin } = stack;
    const { api, stripe } = await setUp(
      origin,
      servers.map(({ url }) => url),
    );
    console.error(`webhooks: ${changes} changes, ${changesPerSecond} a second`);
    await makeChanges(api, stripe);
    const good = endpoints.filter(({ isGood }) => isGood);
    const patientUntil = Date.now() + patienceMs;
    while (good.some(({ delays }) => delays.size < changes) && Date.now() < patientUntil) await pause(50);
    return endpoints.map(timeOf);
  } finally {
    await Promise.all(servers.map(({ close }) => close()));
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  }
}

function timeOf({ name, isGood, delays }: Endpoint): DeliveryTime {
  const values = [...delays.values()];
  const medianMs = quantile(values, 0.5);
  return {
    endpoint: name,
    events: delays.size,
    changes,
    medianMs,
    ninetyFivePercentMs: quantile(values, 0.95),
    lastMs: quantile(values, 1),
    holds: isGood ? delays.size === changes && medianMs < targetMs : null,
  };
}
