import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { InboxStatus } from "../../shared/contract/enums.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import { insertStripeEvent, readStripeEvent } from "../../workers/runtime/db/stripe-events.ts";
import { env } from "./subjects.ts";

const maintenance = exports.MaintenanceEntrypoint;

it("the inbox removes settled events after 30 days and keeps failed and queued ones", async () => {
  const connectionId = newId("con");
  const now = Date.now() + (await env.DEV.clockOffsetMs());
  const store = async (name: string, status: InboxStatus, daysAgo: number) => {
    const receivedAt = now - daysAgo * dayMs;
    await insertStripeEvent(env.DB, {
      connectionId,
      eventId: name,
      projectId: newId("prj"),
      mode: "test",
      type: "invoice.paid",
      stripeCreatedAt: receivedAt,
      payload: `{"id":"${name}"}`,
      status,
      nextTryAt: null,
      receivedAt,
      foundBy: "webhook",
    });
  };
  await store("old_applied", "applied", 30.01);
  await store("old_ignored", "ignored", 400);
  await store("old_failed", "failed", 400);
  await store("old_waiting", "received", 400);
  await store("young_applied", "applied", 29.99);

  expect((await maintenance.sweep("oldEvents"))["removed"]).toBeGreaterThanOrEqual(2);
  const payloadOf = async (eventId: string) =>
    (await readStripeEvent(env.DB, { connectionId, eventId }))?.payload ?? null;
  expect(await payloadOf("old_applied")).toBeNull();
  expect(await payloadOf("old_ignored")).toBeNull();
  for (const kept of ["old_failed", "old_waiting", "young_applied"])
    expect(await payloadOf(kept)).toBe(`{"id":"${kept}"}`);
  expect(await maintenance.sweep("oldEvents")).toEqual({ removed: 0 });
});
