import { describe, expect, it } from "vitest";
import { insertProduct } from "../../workers/runtime/db/products.ts";
import { readConnection } from "../../workers/runtime/db/stripe-connections.ts";
import { readAdoption } from "../../workers/runtime/stripe-events/adopt-object.ts";
import { createConnectionContext } from "../../workers/runtime/stripe-events/connection-context.ts";
import { applySync } from "../../workers/runtime/stripe-events/sync-subject.ts";
import { newConnectedProject, now, readSubject } from "./connected-project.ts";
import { env } from "./subjects.ts";

const dayMs = 86_400_000;
const daySeconds = 86_400;

describe("a bank debit that is adopted three days after it began", () => {
  it("starts its pass when the debit succeeded, by its balance transaction, and not when it began", async () => {
    const project = await newConnectedProject();
    const at = await now();
    await insertProduct(env.DB, null, {
      projectId: project.projectId,
      mode: "test",
      productCode: "DAY_PASS",
      name: "Day pass",
      kind: "time_pass",
      durationDays: 1,
      stripePriceId: "price_pass",
      createdAt: at,
      updatedAt: at,
    });
    const succeeded = Math.floor(at / 1_000);
    const began = succeeded - 3 * daySeconds;
    const transaction = { id: "txn_1", object: "balance_transaction", created: succeeded };
    const charge = { id: "ch_1", paid: true, created: began, balance_transaction: transaction };
    const intent = {
      id: "pi_1",
      status: "succeeded",
      created: began,
      amount_received: 500,
      currency: "eur",
      metadata: {},
      latest_charge: charge,
    };
    await env.DEV.setStripeAnswers([
      { path: "/v1/payment_intents/pi_1", status: 200, body: intent },
      { path: "/v1/", status: 200, body: { object: "list", data: [], has_more: false } },
    ]);
    const found = await readConnection(env.DB, project.connectionId);
    if (found === null) throw new Error("no connection");
    const cause = { type: "stripe_read" as const, id: "pi_1", because: "adoption" };
    const context = createConnectionContext(env, found, cause, at);
    const adopted = { paymentIntentId: "pi_1", productCode: "DAY_PASS" };
    const read = await readAdoption(context, "user_1", adopted);
    if (read.outcome !== "read") throw new Error(read.outcome);
    expect(read.differences.facts[0]).toMatchObject({ type: "purchase", paidAt: succeeded * 1_000 });
    await applySync(context, read.differences);
    const { decision, entitlements } = await readSubject(project, "user_1");
    expect(decision.allowed).toBe(true);
    expect(entitlements[0]).toMatchObject({
      startsAt: succeeded * 1_000,
      expiresAt: succeeded * 1_000 + dayMs,
    });
  });
});
