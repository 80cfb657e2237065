import { expect, it } from "vitest";
import { signalTypes } from "../../shared/contract/outbound-event.ts";
import { buildAuditRow } from "../../shared/db/audit.ts";
import { statusAt } from "../../shared/domain/availability.ts";
import type { ManualAction } from "../../shared/domain/ledger.ts";
import type { ReversalFact } from "../../shared/domain/merge-reversal.ts";
import { newId } from "../../shared/kit/ids.ts";
import type { ManualActionRequest } from "../../workers/runtime/subject/operator-actions/manual-action.ts";
import type { SubjectSnapshot } from "../../workers/runtime/subject/rpc-types.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";
import { randomFrom } from "../fault/random.ts";
import { newEndpoint } from "./endpoints.ts";
import { buildConsume, buildPack, buildPass, buildPurchase, env, newSubject } from "./subjects.ts";

/**
 * Runs generated actions on generated states of real objects. An applied action matches its preview, and an
 * undo restores the effective access. Each action has its ledger entry, audit row and events, signals included.
 */

const cases = 1_000;
const actionsEach = 26;
const actor = { operatorId: "opr_1", name: "Ada" };
const dayMs = 86_400_000;

type Random = ReturnType<typeof randomFrom>;
type Customer = ReturnType<typeof newSubject>;

it("a manual action applies as previewed and can be undone after any history", async () => {
  const seed = env.SEED || Date.now() % 1_000_000;
  console.log(`SEED=${seed}`);
  const random = randomFrom(seed);
  let done = 0;
  let undone = 0;
  let refused = 0;
  for (let number = 0; done + undone + refused < cases; number++) {
    const customer = newSubject();
    await subscribeToSignals(customer);
    await populate(customer, random, number);
    const sequences: number[] = [];
    const emitted = { events: 0 };
    for (let turn = 0; turn < actionsEach; turn++) {
      const before = await customer.stub.read();
      const action = someAction(before, random);
      const sequence = await actAsPreviewed(customer, action, emitted);
      if (sequence === null) {
        refused++;
        continue;
      }
      done++;
      sequences.push(sequence);
      if (random(2) === 0) continue;
      const undo = await actAsPreviewed(customer, { type: "undo", sequence }, emitted);
      expect(undo, `SEED=${seed} subject ${number}: undo of ${JSON.stringify(action)}`).not.toBeNull();
      if (undo !== null) sequences.push(undo);
      undone++;
      expect(effect(await customer.stub.read()), `SEED=${seed} ${JSON.stringify(action)}`).toEqual(
        effect(before),
      );
    }
    await checkRecords(customer, sequences, emitted.events);
  }
  console.log(`${done} actions done, ${undone} undone, ${refused} refused`);
  expect(undone).toBeGreaterThan(0);
}, 120_000);

/** Buys products of several kinds, and refunds, disputes or spends some of them. */
async function subscribeToSignals({ identity, stub }: Customer): Promise<void> {
  const { projectId } = identity;
  await newEndpoint({ projectId, mode: "test" }, [...signalTypes]);
  const project = { lowBalance: { value: 30, in: "percent" as const }, expiringDays: 5 };
  await stub.applyStripe(identity, {
    facts: [{ type: "signals", settings: { version: 1, project, products: {} } }],
    graceDays: 0,
    cause: { type: "signal_settings", id: "1" },
  });
}

async function populate({ identity, stub }: Customer, random: Random, number: number): Promise<void> {
  const now = Date.now();
  for (let bought = random(4); bought >= 0; bought--) {
    const name = `${number}-${bought}-${newId("req")}`;
    const terms = random(2) === 0 ? buildPack(100 + random(900)) : buildPass(1 + random(30));
    // Half a day off whole days, so that no entitlement expires between a preview and its action.
    await stub.applyStripe(identity, buildPurchase(name, terms, now - (random(20) + 0.5) * dayMs));
    if (random(4) === 0) {
      const cause = { type: "stripe_event" as const, id: `evt_r_${name}`, eventType: "x" };
      await stub.applyStripe(identity, { facts: [reversal(name, random, now)], graceDays: 0, cause });
    }
  }
  await stub.consume(identity, buildConsume(1 + random(50), `spend-${number}`));
}

function reversal(name: string, random: Random, now: number): ReversalFact {
  const isRefund = random(2) === 0;
  const common = { id: `re_${name}`, amount: 4900, createdAt: now - 1, version: now - 1 };
  return isRefund
    ? {
        type: "refund",
        paymentIntentId: `pi_${name}`,
        invoice: null,
        refund: { ...common, status: "succeeded" },
      }
    : {
        type: "dispute",
        paymentIntentId: `pi_${name}`,
        invoice: null,
        dispute: { ...common, status: "needs_response" },
      };
}

function someAction({ entitlements }: SubjectSnapshot, random: Random): ManualAction {
  const grants: ManualAction[] = [
    {
      type: "grant",
      productCode: "CREDITS",
      kind: "usage_pack",
      units: 1 + random(500),
      durationDays: null,
      expiresAt: null,
    },
    {
      type: "grant",
      productCode: "PASS",
      kind: "time_pass",
      units: null,
      durationDays: 1 + random(9),
      expiresAt: null,
    },
    {
      type: "grant",
      productCode: "PRO",
      kind: "subscription",
      units: null,
      durationDays: null,
      expiresAt: Date.now() + dayMs,
    },
  ];
  const chosen = entitlements[random(entitlements.length)];
  const entitlementId = chosen?.entitlementId ?? "";
  const hold = chosen?.holds[0];
  if (hold !== undefined && hold.liftedAt === null)
    return { type: "lift_hold", entitlementId, causeId: hold.causeId };
  switch (random(5)) {
    case 0:
    case 1:
      return { type: "revoke", entitlementId };
    case 2:
      return {
        type: "adjust",
        entitlementId,
        how: (["add", "remove", "set"] as const)[random(3)] ?? "add",
        units: random(200),
      };
    default:
      return grants[random(grants.length)] ?? { type: "revoke", entitlementId };
  }
}

/**
 * Previews an action, applies it with the preview's fingerprint and compares the results. Returns the
 * sequence of the entry, or `null` if the action was refused.
 */
async function actAsPreviewed(
  { identity, stub }: Customer,
  action: ManualActionRequest["action"],
  emitted: { events: number },
): Promise<number | null> {
  const subject: Pick<Subject, "previewManual" | "applyManual" | "read"> = stub;
  const request = { actionId: newId("req"), action, requestHash: JSON.stringify(action) };
  const preview = await subject.previewManual(identity, request);
  const at = Date.now();
  const audit = JSON.stringify(
    buildAuditRow({
      actor: { accountId: "acc_1", ...actor, email: "ada@example.com", ipAddress: null },
      at,
      action: `customer.${action.type}`,
      target: identity.projectId,
    }),
  );
  const fingerprint = preview.outcome === "previewed" ? preview.fingerprint : null;
  const result = await subject.applyManual(identity, {
    ...request,
    fingerprint,
    actor,
    reason: "other: generated",
    audit,
  });
  if (preview.outcome === "refused") {
    expect(result).toEqual(preview);
    return null;
  }
  if (result.outcome !== "applied") throw new Error(`${result.outcome} after a preview`);
  const { entitlements, decision } = await subject.read();
  const later = new Map(entitlements.map((each) => [each.entitlementId, each]));
  for (const { after } of preview.changes)
    expect(timeless(later.get(after.entitlementId))).toEqual(timeless(after));
  expect(decision.allowed).toBe(preview.after.allowed);
  emitted.events += preview.events.length;
  return result.sequence;
}

/**
 * Drops times, because the clock advances by milliseconds between a preview and its action. Nothing else may
 * differ.
 */
function timeless(entitlement: SubjectSnapshot["entitlements"][number] | undefined) {
  if (entitlement === undefined) return undefined;
  const isManual = entitlement.source === "portal";
  const { updatedAt: _u, createdAt: _c, canceledAt, revocation, holds, adjustments, ...rest } = entitlement;
  return {
    ...rest,
    // An alarm may have recorded in between that a restored pass has expired.
    status: statusAt(entitlement, Date.now()),
    ...(isManual || entitlement.kind === "time_pass" ? { paidAt: 0, startsAt: 0, expiresAt: 0 } : {}),
    adjustments: adjustments?.map(({ change }) => change),
    isCanceled: canceledAt !== null,
    isRevoked: Boolean(revocation),
    holds: holds.map(({ liftedAt, ...hold }) => ({ ...hold, isLifted: liftedAt !== null })),
  };
}

/** Returns what a customer's backend can observe: access and the units left. */
function effect({ decision, usageRemaining }: SubjectSnapshot) {
  return { allowed: decision.allowed, usageRemaining };
}

async function checkRecords(
  { identity, stub }: Customer,
  sequences: number[],
  events: number,
): Promise<void> {
  expect(await stub.resync()).toMatchObject({ ok: true });
  const audits = await env.DB.prepare("SELECT count(*) AS n FROM audit_log WHERE target = ?")
    .bind(identity.projectId)
    .first<number>("n");
  expect(audits).toBe(sequences.length);
  const stored = await env.DB.prepare(
    "SELECT count(*) AS n FROM events WHERE project_id = ? AND json_extract(body, '$.data.source') = 'portal'",
  )
    .bind(identity.projectId)
    .first<number>("n");
  expect(stored).toBe(events);
}
