import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { rememberObjects } from "../../shared/db/stripe-objects.ts";
import { stripeConnections } from "../../shared/db/tables/configuration.ts";
import { sweepMissedEvents } from "../../workers/runtime/stripe-inbound/sweep-missed.ts";
import {
  attemptOf,
  type ConnectedProject,
  connectedProject,
  connectionRow,
  eventOf,
  now,
  rowOf,
  standingOf,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

const minute = 60_000;
const list = (data: object[], has_more = false) => ({ object: "list", data, has_more });
const broken = { error: { type: "api_error", message: "Stripe is down" } };

let project: ConnectedProject;
beforeEach(async () => {
  await env.DB.exec("DELETE FROM stripe_connections");
  await env.DEV.stripeAnswers([]);
  await env.DEV.stripeIsBehind(0);
  project = await connectedProject();
});

/** As the cron does when the connection is due. */
async function sweep(): Promise<void> {
  await drizzle(env.DB)
    .update(stripeConnections)
    .set({ nextSweepAt: await now() });
  await sweepMissedEvents(env, await now());
}

async function paidSession(subjectRef: string) {
  const metadata = await attemptOf(project, subjectRef);
  const id = `cs_${metadata["licenzy_attempt_id"]}`;
  return { id, payment_status: "paid", payment_intent: `pi_${id}`, amount_total: 1, metadata };
}

describe("the sweep's cursor", () => {
  it("does not pass Stripe's present when our clock runs ahead: later events would be behind it", async () => {
    await env.DEV.stripeIsBehind(60 * minute);
    await env.DEV.stripeAnswers([{ path: "/v1/events", status: 200, body: list([]) }]);
    await sweep();
    const { sweptTo, sweepError } = await connectionRow(project);
    expect(sweepError).toBeNull();
    expect(sweptTo).toBeLessThanOrEqual((await now()) - 60 * minute);
  });

  it("stays where it was when a later page can't be read, and the next sweep finds all", async () => {
    const events = [
      await eventOf("checkout.session.completed", await paidSession("newer")),
      await eventOf("checkout.session.completed", await paidSession("older")),
    ];
    const [newer, older] = events;
    const pages = (second: { status: number; body: object }) => [
      { path: `/v1/events?limit=100&starting_after=${newer?.id}`, ...second },
      { path: "/v1/events", status: 200, body: list([newer ?? {}], true) },
    ];
    await env.DEV.stripeAnswers(pages({ status: 500, body: broken }));
    await sweep();
    expect(await connectionRow(project)).toMatchObject({
      sweptTo: null,
      sweepError: "Stripe: Stripe is down",
    });
    await env.DEV.stripeAnswers(pages({ status: 200, body: list([older ?? {}]) }));
    await sweep();
    expect(await connectionRow(project)).toMatchObject({ sweptTo: expect.any(Number), sweepError: null });
    for (const event of events)
      expect(await rowOf(project, event.id)).toMatchObject({ status: "applied", foundBy: "sweep" });
    expect((await standingOf(project, "older")).usageRemaining).toBe(10);
  });
});

describe("reading everything again after a long gap", () => {
  const gap = 31 * 24 * 60 * minute;
  const remember = async (subjectRef: string, stripeId: string) =>
    rememberObjects(
      env.DB,
      { ...project, mode: "test" },
      { subjectRef, attemptId: null, customerId: null },
      [stripeId],
      await now(),
    );

  it("is not stopped for ever by a customer whose objects Stripe has no more, and names it", async () => {
    const session = { ...(await paidSession("z_well")), status: "complete", created: 1, customer: null };
    await remember("a_gone", "sub_gone");
    await remember("z_well", session.id);
    await env.DEV.advance(gap);
    await env.DEV.stripeAnswers([
      { path: `/v1/checkout/sessions/${session.id}`, status: 200, body: session },
      { path: "/v1/charges", status: 200, body: list([]) },
      { path: "/v1/events", status: 200, body: list([]) },
    ]);
    await sweep();
    expect((await standingOf(project, "z_well")).usageRemaining).toBe(10);
    expect(await connectionRow(project)).toMatchObject({
      rereadStartedAt: null,
      sweepError: "customers that could not be read: a_gone: Stripe: No such object",
    });
    expect((await connectionRow(project)).sweptTo).toBeGreaterThan((await now()) - minute);
  });

  it("passes over nobody while Stripe is silent", async () => {
    await remember("a_gone", "sub_gone");
    await env.DEV.advance(gap);
    await env.DEV.stripeAnswers([{ path: "/v1/", status: 500, body: broken }]);
    await sweep();
    expect(await connectionRow(project)).toMatchObject({
      sweptTo: null,
      sweepError: "Stripe: Stripe is down",
    });
  });
});
