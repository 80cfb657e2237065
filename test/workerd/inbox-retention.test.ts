import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { InboxStatus } from "../../shared/contract/words.ts";
import { insertEvent, readEvent } from "../../shared/db/stripe-inbox.ts";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { MaintenanceEntrypoint } from "../../workers/runtime/maintenance-entrypoint.ts";
import { env } from "./subjects.ts";

const maintenance = (exports as unknown as { MaintenanceEntrypoint: MaintenanceEntrypoint })
  .MaintenanceEntrypoint;

it("forgets what was settled and came more than 30 days ago; what failed or waits is kept with its payload", async () => {
  const connectionId = newId("con");
  const now = Date.now() + (await env.DEV.clockOffsetMs());
  const came = async (name: string, status: InboxStatus, daysAgo: number) => {
    const receivedAt = now - daysAgo * dayMs;
    await insertEvent(env.DB, {
      connectionId,
      eventId: name,
      projectId: newId("prj"),
      mode: "test",
      type: "invoice.paid",
      stripeCreatedAt: receivedAt,
      payload: `{"id":"${name}"}`,
      status,
      receivedAt,
    });
  };
  await came("old_applied", "applied", 30.01);
  await came("old_ignored", "ignored", 400);
  await came("old_failed", "failed", 400);
  await came("old_waiting", "received", 400);
  await came("young_applied", "applied", 29.99);

  expect((await maintenance.sweep("oldEvents")).removed).toBeGreaterThanOrEqual(2);
  const payloadOf = async (eventId: string) =>
    (await readEvent(env.DB, { connectionId, eventId }))?.payload ?? null;
  expect(await payloadOf("old_applied")).toBeNull();
  expect(await payloadOf("old_ignored")).toBeNull();
  for (const kept of ["old_failed", "old_waiting", "young_applied"])
    expect(await payloadOf(kept)).toBe(`{"id":"${kept}"}`);
  expect(await maintenance.sweep("oldEvents")).toEqual({ removed: 0 });
});
