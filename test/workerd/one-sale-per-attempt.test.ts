import { describe, expect, it } from "vitest";
import { completeAttempt, readAttemptAndErasure } from "../../workers/runtime/db/checkout-attempts.ts";
import { claimSaleOfAttempt } from "../../workers/runtime/db/checkout-sales.ts";
import { readConnection as readConnectionWithProject } from "../../workers/runtime/db/stripe-connections.ts";
import { createConnectionContext } from "../../workers/runtime/stripe-events/connection-context.ts";
import { applySync, readDifferences } from "../../workers/runtime/stripe-events/sync-subject.ts";
import {
  type ConnectedProject,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  readSubject,
  receiveStripeEvent,
} from "./connected-project.ts";
import { env } from "./subjects.ts";

const completed = "checkout.session.completed";
const paid = (id: string, metadata: object) => ({
  id,
  object: "checkout.session",
  status: "complete",
  payment_status: "paid",
  payment_intent: `pi_${id}`,
  amount_total: 100,
  customer: "cus_1",
  created: 1,
  expires_at: 86_401,
  metadata,
});
const credits = async (project: ConnectedProject) => (await readSubject(project, "user_1")).usageRemaining;
const list = (...data: object[]) => ({ object: "list", data, has_more: false });

/** A checkout attempt that crashed before it stored its session. */
async function newCrashedCheckout() {
  const project = await newConnectedProject();
  const metadata = await insertCheckoutAttempt(project, "user_1");
  const attemptId = metadata["licenzy_attempt_id"] ?? "";
  const readAttempt = async () => {
    const customer = { ...project, mode: "test" as const, subjectRef: "user_1" };
    return (await readAttemptAndErasure(env.DB, attemptId, customer)).attempt;
  };
  return { project, metadata, attemptId, readAttempt };
}

async function openSync({ connectionId }: ConnectedProject) {
  const found = await readConnectionWithProject(env.DB, connectionId);
  if (found === null) throw new Error("no connection");
  const cause = { type: "stripe_read" as const, id: connectionId, because: "sync" };
  return createConnectionContext(env, found, cause, await now());
}

describe("two paid sessions with the metadata of one checkout attempt that has stored no session", () => {
  it("the second one grants nothing and fails visibly, and a repetition of the first changes nothing", async () => {
    const { project, metadata, attemptId, readAttempt } = await newCrashedCheckout();
    const first = await receiveStripeEvent(project, completed, paid("cs_first", metadata));
    expect(first).toMatchObject({
      status: "applied",
      detail: `known by metadata alone: checkout attempt ${attemptId} has stored no session`,
    });
    const second = await receiveStripeEvent(project, completed, paid("cs_second", metadata));
    expect(second).toMatchObject({
      status: "failed",
      detail: `not a sale: the session of checkout attempt ${attemptId} is cs_first`,
    });
    const again = await receiveStripeEvent(project, completed, paid("cs_first", metadata));
    expect(again).toMatchObject({ status: "ignored", detail: first?.detail });
    expect(await credits(project)).toBe(10);
    expect((await readAttempt())?.status).toBe("finalized");
  });

  it("one of them grants when both arrive at the same moment", async () => {
    const { project, metadata } = await newCrashedCheckout();
    const sessions = ["cs_a", "cs_b", "cs_c", "cs_d"].map((id) => paid(id, metadata));
    const rows = await Promise.all(sessions.map((each) => receiveStripeEvent(project, completed, each)));
    expect(rows.map((row) => row?.status).toSorted()).toEqual(["applied", "failed", "failed", "failed"]);
    expect(await credits(project)).toBe(10);
  });

  it("the one that claimed the sale before a crash grants it afterwards", async () => {
    const { project, metadata, readAttempt } = await newCrashedCheckout();
    const attempt = await readAttempt();
    if (attempt === null) throw new Error("no attempt");
    expect(await claimSaleOfAttempt(env.DB, attempt, "cs_first", await now())).toBe("cs_first");
    expect(await receiveStripeEvent(project, completed, paid("cs_second", metadata))).toMatchObject({
      status: "failed",
    });
    expect(await credits(project)).toBe(0);
    expect(await receiveStripeEvent(project, completed, paid("cs_first", metadata))).toMatchObject({
      status: "applied",
    });
    expect(await credits(project)).toBe(10);
    expect((await readAttempt())?.status).toBe("finalized");
  });

  it("a sync grants one of them, and none when another was granted before", async () => {
    const { project, metadata } = await newCrashedCheckout();
    const sessions = [paid("cs_a", metadata), paid("cs_b", metadata)];
    await env.DB.prepare(
      "INSERT INTO stripe_objects (connection_id, stripe_id, subject_ref, created_at) VALUES (?, 'cus_1', 'user_1', 0)",
    )
      .bind(project.connectionId)
      .run();
    await env.DEV.setStripeAnswers([
      { path: "/v1/checkout/sessions?", status: 200, body: list(...sessions) },
      { path: "/v1/payment_intents/", status: 200, body: { id: "pi", latest_charge: null } },
      { path: "/v1/", status: 200, body: list() },
    ]);
    const context = await openSync(project);
    const read = await readDifferences(context, "user_1");
    if (read.outcome !== "read") throw new Error(read.outcome);
    expect(read.differences.facts).toHaveLength(1);
    // Another of them is granted between the preview and the confirmation.
    await receiveStripeEvent(project, completed, paid("cs_b", metadata));
    await expect(applySync(context, read.differences)).rejects.toThrow(/^cs_a is no sale: .+ is cs_b$/);
    expect(await credits(project)).toBe(10);
    const after = await readDifferences(context, "user_1");
    if (after.outcome !== "read") throw new Error(after.outcome);
    expect(await applySync(context, after.differences)).toMatchObject({ changes: 0 });
    expect(await credits(project)).toBe(10);
  });
});

describe("a checkout that is still creating its session when a copy of it is paid", () => {
  it("does not store its session, so that the attempt is not sold twice", async () => {
    const { project, metadata, attemptId, readAttempt } = await newCrashedCheckout();
    const lease = "UPDATE checkout_attempts SET lease_id = 'req_1', lease_until = ? WHERE attempt_id = ?";
    await env.DB.prepare(lease)
      .bind((await now()) + 30_000, attemptId)
      .run();
    const before = await readAttempt();
    await receiveStripeEvent(project, completed, paid("cs_copy", metadata));
    if (before === null) throw new Error("no attempt");
    const session = { id: "cs_own", url: "https://x", expiresAt: 1, amountTotal: 1, currency: "usd" };
    expect(await completeAttempt(env.DB, before, "req_1", session, await now())).toBe(false);
    expect((await readAttempt())?.stripeSessionId).toBeNull();
  });
});
