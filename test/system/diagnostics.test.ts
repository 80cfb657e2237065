import { beforeAll, expect, it } from "vitest";
import { buy, newKey, newWorld, type World } from "./world.ts";

/** Covers `GET /v1/events` and `GET /v1/key`. The SDK's conformance suite and test/system/cli.test.ts use both. */

let world: World;
let other: World;
beforeAll(async () => {
  [world, other] = [await newWorld(), await newWorld()];
  await buy(world, "user_events");
});

async function get(path: string, apiKey = world.apiKey) {
  const response = await fetch(world.origin + path, { headers: { Authorization: `Bearer ${apiKey}` } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const listEvents = async (apiKey?: string) =>
  (await get("/v1/events", apiKey)).body["events"] as { id: string; data: { subject_ref: string } }[];

it("a key lists the events of its project and mode only", async () => {
  await expect.poll(() => listEvents()).toHaveLength(1);
  expect(await listEvents()).toMatchObject([
    { type: "purchase.finalized", data: { subject_ref: "user_events", project_id: world.projectId } },
  ]);
  expect(await listEvents(other.apiKey)).toEqual([]);
});

it("the list has the bytes of the delivery: the members in their order", async () => {
  const [event] = await listEvents();
  expect(Object.keys(event ?? {})).toEqual(["id", "type", "timestamp", "data"]);
  expect(Object.keys(event?.data ?? {}).slice(0, 3)).toEqual(["subject_ref", "project_id", "mode"]);
});

it("a page ends before the event that it starts after", async () => {
  const [event] = await listEvents();
  expect((await get(`/v1/events?starting_after=${event?.id}`)).body).toEqual({ events: [], has_more: false });
  expect(await get("/v1/events?starting_after=evt_1")).toMatchObject({
    status: 400,
    body: { error: "invalid_request", details: [{ path: "starting_after" }] },
  });
  expect((await get("/v1/events?limit=101")).status).toBe(400);
});

it("a live key is refused with test_mode_only, and describes its own mode", async () => {
  const { apiKey, keyId } = await newKey(world.origin, world.projectId, "live");
  expect(await get("/v1/events", apiKey)).toMatchObject({ status: 403, body: { error: "test_mode_only" } });
  expect(await get("/v1/key", apiKey)).toMatchObject({
    status: 200,
    body: {
      key_id: keyId,
      mode: "live",
      project_id: world.projectId,
      active_products: 0,
      stripe_webhook: { status: "not_connected", missed_events: 0, silent_since: null },
    },
  });
});

it("the description of a key has no secret and nothing of an operator", async () => {
  const { body } = await get("/v1/key");
  const text = JSON.stringify(body);
  expect(text).not.toMatch(/whsec_|sk_test|lz_test_|@|con_/);
  expect(Object.keys(body).toSorted()).toEqual([
    "active_products",
    "key_id",
    "mode",
    "plan",
    "project_id",
    "project_name",
    "rate_limit",
    "server_time",
    "stripe_webhook",
  ]);
});
