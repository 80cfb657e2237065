import { afterEach, describe, expect, it, vi } from "vitest";
import type { DeliveriesEnv } from "../../workers/deliveries/env.ts";
import { runSweeps } from "../../workers/deliveries/sweeps/run-sweeps.ts";
import { readOverview } from "../../workers/portal/db/overview.ts";
import { claimSubjectsToWake } from "../../workers/runtime/db/subjects.ts";
import { maxTries } from "../../workers/runtime/stripe-events/retry-schedule.ts";
import { eventually } from "../eventually.ts";
import { insertCheckoutAttempt, newConnectedProject, receiveStripeEvent } from "./connected-project.ts";
import { buildCronEnv, maintenance } from "./crons.ts";
import { databases } from "./databases.ts";
import { insertDueEvents, newEndpoint, newScope, now } from "./endpoints.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const { DB, DEV } = env;
const minute = 60_000;
const stripeSweeps = ["inboxReads", "missedEvents", "backfills", "reviews"];

afterEach(async () => {
  vi.restoreAllMocks();
  await DEV.setStripeAnswers([]);
});

/** The environment of the cron, where some sweeps of the runtime are replaced, and nothing is sent. */
function cronEnv(replaced: Record<string, () => Promise<object>>, sent: string[] = []): DeliveriesEnv {
  return buildCronEnv({
    sweep: (name) => replaced[name]?.() ?? maintenance.sweep(name as "inbox"),
    send: async ({ deliveryId }) => void sent.push(deliveryId),
  });
}

async function insertDelivery(): Promise<string> {
  const scope = newScope();
  await newEndpoint(scope);
  const [message] = await insertDueEvents(scope, 1);
  return message?.deliveryId ?? "";
}

const troublesOf = async () => {
  const { sweeps } = (await readOverview(databases, newScope(), { now: await now(), ranges: [] })).troubles;
  return sweeps;
};

describe("a sweep that hangs or fails", () => {
  it("deliveries, expiries and keys are swept while every call to Stripe hangs", async () => {
    const { identity, stub } = newSubject();
    const dayMs = 86_400_000;
    await stub.applyStripe(identity, buildPurchase("hanging", buildPack(10, 1), await now()));
    await stub.wake();
    await DEV.advance(dayMs + minute);
    const deliveryId = await insertDelivery();
    let release = () => {};
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hang = async () => {
      await hanging;
      return {};
    };
    const ended: string[] = [];
    const note = (name: string) => async () => {
      const counts = await maintenance.sweep(name as "inbox");
      ended.push(name);
      return counts;
    };
    const replaced = {
      ...Object.fromEntries(stripeSweeps.map((name) => [name, hang])),
      ...Object.fromEntries(["expiries", "keyrings", "erasures"].map((name) => [name, note(name)])),
    };
    const sent: string[] = [];
    const run = runSweeps(cronEnv(replaced, sent), () => {});
    await eventually(() => {
      expect(ended.toSorted()).toEqual(["erasures", "expiries", "keyrings"]);
      expect(sent).toContain(deliveryId);
    }, 30_000);
    expect((await stub.read()).entitlements).toMatchObject([{ status: "expired" }]);
    release();
    await run;
  });

  it("the overview names a sweep that failed until it works again", async () => {
    const fail = async () => {
      throw new Error("the region is unreachable");
    };
    const results = await runSweeps(cronEnv({ keyrings: fail }), () => {});
    expect(results["keyrings"]).toEqual({ error: "the region is unreachable" });
    expect(results["expiries"]).toHaveProperty("woken");
    expect(await troublesOf()).toMatchObject([{ sweep: "keyrings", error: "the region is unreachable" }]);
    await DEV.advance(minute);
    await runSweeps(cronEnv({}), () => {});
    expect(await troublesOf()).toEqual([]);
  });

  it("the overview names a sweep that was slow", async () => {
    const real = Date.now();
    let passedMs = 0;
    vi.spyOn(Date, "now").mockImplementation(() => real + passedMs);
    const slow = async () => {
      passedMs = 30_000;
      return {};
    };
    await runSweeps(cronEnv({ inboxReads: slow }), () => {});
    const slowest = (await troublesOf()).find(({ sweep }) => sweep === "inboxReads");
    expect(slowest).toMatchObject({ error: null });
    expect(slowest?.durationMs).toBeGreaterThanOrEqual(30_000);
  });
});

describe("an hour without Stripe", () => {
  it("overlapping crons make no more tries of an event than its schedule has", async () => {
    await DB.exec("DELETE FROM stripe_events");
    await DEV.setStripeAnswers([{ path: "/v1/", status: 503, body: { error: { message: "down" } } }]);
    const project = await newConnectedProject();
    const events = 20;
    for (let number = 0; number < events; number++) {
      const charge = { id: `ch_${number}`, object: "charge", refunded: true, payment_intent: `pi_${number}` };
      await receiveStripeEvent(project, "charge.refunded", charge);
    }
    for (let passed = 0; passed < 60; passed += 2) {
      await DEV.advance(2 * minute);
      const names = ["inbox", "inboxReads", "inboxReads", "inboxReads"] as const;
      await Promise.all(names.map((name) => maintenance.sweep(name)));
    }
    const { results } = await DB.prepare(
      "SELECT status, tries, waits_for_stripe AS waits FROM stripe_events",
    ).all<{ status: string; tries: number; waits: number }>();
    expect(results).toHaveLength(events);
    // At once, and after 5 s, 30 s, 2, 10 and 30 min: six tries, the last ones up to 2 min late.
    for (const row of results) expect(row).toEqual({ status: "received", tries: 6, waits: 1 });
    expect(maxTries).toBe(12);
  });

  it("one of 20 concurrent workers tries a due event", async () => {
    const project = await newConnectedProject();
    const metadata = await insertCheckoutAttempt(project, "user_1");
    const session = { id: "cs_claim", payment_status: "paid", payment_intent: "pi_claim", metadata };
    const row = await receiveStripeEvent(project, "checkout.session.completed", session);
    const key = {
      connectionId: project.connectionId,
      eventId: row?.eventId ?? "",
      projectId: project.projectId,
    };
    await DB.prepare(
      "UPDATE stripe_events SET status = 'received', tries = 0, next_try_at = 0 WHERE event_id = ?",
    )
      .bind(key.eventId)
      .run();
    await Promise.all(Array.from({ length: 20 }, () => maintenance.processStripeEvent(key)));
    const after = await DB.prepare("SELECT status, tries FROM stripe_events WHERE event_id = ?")
      .bind(key.eventId)
      .first();
    // The facts are known from the first try.
    expect(after).toEqual({ status: "ignored", tries: 1 });
  });
});

describe("objects that fail each time they are woken", () => {
  it("they do not keep the sweep of expiries from the others", async () => {
    const projectId = newScope().projectId;
    const insert = DB.prepare(
      `INSERT INTO subjects (project_id, mode, subject_ref, region, head_sequence, head_hash, next_expiry_at, created_at)
       VALUES (?1, 'test', ?2, 'weur', 1, '', ?3, 0)`,
    );
    const names = ["broken_1", "broken_2", "broken_3", "well"];
    await DB.batch(names.map((name, place) => insert.bind(projectId, name, place + 1)));
    const seen: string[] = [];
    for (let at = 1_000; at <= 3_000; at += 1_000) {
      const times = { now: at, wokenBefore: at - 500, createdBefore: -1 };
      const claimed = await claimSubjectsToWake(DB, times, 2);
      seen.push(...claimed.map(({ subjectRef }) => subjectRef));
    }
    expect(seen.slice(0, 4).toSorted()).toEqual(names);
    expect(seen.slice(4).toSorted()).toEqual(["broken_1", "broken_2"]);
  });
});
