import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { sweepMissedEvents } from "../../workers/runtime/stripe-events/sweep-missed-events.ts";
import {
  buildStripeEvent,
  type ConnectedProject,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readConnection,
  readInboxRow,
  readSubject,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

const minute = 60_000;
const list = (data: object[], has_more = false) => ({ object: "list", data, has_more });
const broken = { error: { type: "api_error", message: "Stripe is down" } };

let project: ConnectedProject;
beforeEach(async () => {
  await env.DB.exec("DELETE FROM stripe_connections");
  await env.DEV.setStripeAnswers([]);
  await env.DEV.setStripeDelay(0);
  project = await newConnectedProject();
});

/** Runs the sweep with each connection due, as the cron does. */
async function sweep(): Promise<void> {
  await drizzle(env.DB)
    .update(stripeConnections)
    .set({ nextSweepAt: await now() });
  await sweepMissedEvents(env, { endBy: Date.now() + 60_000 });
}

async function paidSession(subjectRef: string) {
  const metadata = await insertCheckoutAttempt(project, subjectRef);
  const id = `cs_${metadata["licenzy_attempt_id"]}`;
  return { id, payment_status: "paid", payment_intent: `pi_${id}`, amount_total: 1, metadata };
}

describe("sweep cursor", () => {
  it("the cursor does not pass Stripe's current time when our clock runs ahead", async () => {
    await env.DEV.setStripeDelay(60 * minute);
    await env.DEV.setStripeAnswers([{ path: "/v1/events", status: 200, body: list([]) }]);
    await sweep();
    const { sweptTo, sweepError } = await readConnection(project);
    expect(sweepError).toBeNull();
    expect(sweptTo).toBeLessThanOrEqual((await now()) - 60 * minute);
  });

  it("the cursor stays when a later page fails, and the next sweep finds every event", async () => {
    const events = [
      await buildStripeEvent("checkout.session.completed", await paidSession("newer")),
      await buildStripeEvent("checkout.session.completed", await paidSession("older")),
    ];
    const [newer, older] = events;
    const pages = (second: { status: number; body: object }) => [
      { path: `/v1/events?limit=100&starting_after=${newer?.id}`, ...second },
      { path: "/v1/events", status: 200, body: list([newer ?? {}], true) },
    ];
    await env.DEV.setStripeAnswers(pages({ status: 500, body: broken }));
    await sweep();
    expect(await readConnection(project)).toMatchObject({
      sweptTo: null,
      sweepError: "Stripe: Stripe is down",
    });
    await env.DEV.setStripeAnswers(pages({ status: 200, body: list([older ?? {}]) }));
    await sweep();
    expect(await readConnection(project)).toMatchObject({ sweptTo: expect.any(Number), sweepError: null });
    for (const event of events)
      expect(await readInboxRow(project, event.id)).toMatchObject({ status: "applied", foundBy: "sweep" });
    expect((await readSubject(project, "older")).usageRemaining).toBe(10);
  });
});

describe("an event without a readable time in Stripe's list", () => {
  it.each([
    ["is negative", -1],
    ["is beyond the calendar", 1e12],
    ["is text", "yesterday"],
    ["is missing", undefined],
  ])("is noted as failed and holds up no other event when its time %s", async (_, created) => {
    const type = "checkout.session.completed";
    const newer = await buildStripeEvent(type, await paidSession("newer"));
    const bad = { ...(await buildStripeEvent(type, await paidSession("bad"))), created };
    const older = await buildStripeEvent(type, await paidSession("older"));
    const body = list([newer, bad, older]);
    await env.DEV.setStripeAnswers([{ path: "/v1/events", status: 200, body }]);
    await sweep();
    for (const event of [older, newer])
      expect(await readInboxRow(project, event.id)).toMatchObject({ status: "applied" });
    // The overview and the alerts count failed rows, and the list of events says why.
    expect(await readInboxRow(project, bad.id)).toMatchObject({
      status: "failed",
      detail: "unreadable: the event's time is not a time",
    });
    const { sweptTo, sweepError } = await readConnection(project);
    expect(sweepError).toBeNull();
    expect(sweptTo).toBeGreaterThan((await now()) - minute);
    // The next sweep does not store it again.
    await sweep();
    expect((await readInboxRow(project, bad.id))?.tries).toBe(1);
  });
});
