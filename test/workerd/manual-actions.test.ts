import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { buildAuditRow } from "../../shared/db/audit.ts";
import type { ManualAction } from "../../shared/domain/ledger.ts";
import { newId } from "../../shared/kit/ids.ts";
import type {
  ManualActionCommand,
  ManualActionRequest,
} from "../../workers/runtime/subject/operator-actions/manual-action.ts";
import { buildConsume, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

const grant: ManualAction = {
  type: "grant",
  productCode: "CREDITS",
  kind: "usage_pack",
  units: 500,
  durationDays: null,
  expiresAt: null,
};

const actor = { operatorId: "opr_1", name: "Ada" };

function request(action: ManualActionRequest["action"], actionId = newId("req")): ManualActionRequest {
  return { actionId, action, requestHash: JSON.stringify(action) };
}

function command(
  action: ManualActionRequest["action"],
  more: Partial<ManualActionCommand> = {},
): ManualActionCommand {
  return { ...request(action), fingerprint: null, actor, reason: "goodwill: sorry", audit: null, ...more };
}

async function deriveEntitlementId({ stub }: ReturnType<typeof newSubject>): Promise<string> {
  const { entitlements } = await stub.read();
  return entitlements[0]?.entitlementId ?? "";
}

describe("applyManual", () => {
  it("an action applies once as previewed when its form is submitted twice", async () => {
    const { identity, stub } = newSubject();
    const grantRequest = request(grant);
    const preview = await stub.previewManual(identity, grantRequest);
    expect(preview).toMatchObject({
      outcome: "previewed",
      before: { allowed: false, reason: "no_entitlement" },
      after: { allowed: true },
      changes: [{ before: null, units: 500 }],
      events: [
        { type: "entitlement.updated", data: { reason: "manual_grant", units: 500 } },
        { type: "access.gained", data: { usage_remaining: 500, sequence: 1 } },
      ],
    });
    if (preview.outcome !== "previewed") throw new Error(preview.outcome);
    const form = { ...command(grant), ...grantRequest, fingerprint: preview.fingerprint };
    const replies = await Promise.all([stub.applyManual(identity, form), stub.applyManual(identity, form)]);
    expect(replies).toMatchObject([
      { outcome: "applied", sequence: 1 },
      { outcome: "applied", sequence: 1 },
    ]);
    // Either reply may be the first.
    const repeated = replies.map((reply) => reply.outcome === "applied" && reply.repeated);
    expect(repeated.toSorted()).toEqual([false, true]);
    expect(await stub.read()).toMatchObject({ usageRemaining: 500, decision: { allowed: true } });
    const other = command({ ...grant, units: 9 }, { actionId: form.actionId, requestHash: "another" });
    expect(await stub.applyManual(identity, other)).toEqual({ outcome: "already_submitted" });
  });

  it("an action returns a new preview when its balance changed, unless it sets no balance", async () => {
    const customer = newSubject();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("moved", buildPack(1_000), 1_000));
    const entitlementId = await deriveEntitlementId(customer);
    const set: ManualAction = { type: "adjust", entitlementId, how: "set", units: 50 };
    const add: ManualAction = { ...set, how: "add" };
    const previews = [
      await stub.previewManual(identity, request(set)),
      await stub.previewManual(identity, request(add)),
    ];
    const [forSet, forAdd] = previews.map((preview) =>
      preview.outcome === "previewed" ? preview.fingerprint : "",
    );
    await stub.consume(identity, buildConsume(10, "meanwhile"));
    expect(await stub.applyManual(identity, command(set, { fingerprint: forSet ?? "" }))).toMatchObject({
      outcome: "preview_outdated",
      preview: { changes: [{ units: -940 }] },
    });
    // A concurrent consume does not block an action that sets no balance.
    expect(await stub.applyManual(identity, command(add, { fingerprint: forAdd ?? "" }))).toMatchObject({
      outcome: "applied",
    });
    expect(await stub.read()).toMatchObject({ usageRemaining: 1_040 });
  });

  it("an action that is refused for an unknown customer registers no customer", async () => {
    const { identity, stub } = newSubject();
    const rows = async () =>
      (
        await env.DB.prepare("SELECT 1 FROM subjects WHERE subject_ref = ? AND project_id = ?")
          .bind(identity.subjectRef, identity.projectId)
          .all()
      ).results.length;
    const revoke = command({ type: "revoke", entitlementId: "ent_none" });
    expect(await stub.applyManual(identity, revoke)).toMatchObject({ outcome: "refused" });
    const outdated = command(grant, { fingerprint: "of another state" });
    expect(await stub.applyManual(identity, outdated)).toMatchObject({ outcome: "preview_outdated" });
    expect(
      await stub.applyStripe(identity, { facts: [], graceDays: 0, cause: { type: "clock" } }),
    ).toMatchObject({
      changes: 0,
    });
    expect(await rows()).toBe(0);
    expect(await stub.applyManual(identity, command(grant))).toMatchObject({ outcome: "applied" });
    expect(await rows()).toBe(1);
  });

  it("an action is undone once, by a new ledger entry", async () => {
    const customer = newSubject();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("undo", buildPack(1_000), 1_000));
    const entitlementId = await deriveEntitlementId(customer);
    const revoked = await stub.applyManual(identity, command({ type: "revoke", entitlementId }));
    expect(await stub.check()).toMatchObject({ decision: { allowed: false, reason: "revoked" } });
    const again = await stub.applyManual(identity, command({ type: "revoke", entitlementId }));
    expect(again).toMatchObject({ outcome: "refused", code: "already_ended" });
    if (revoked.outcome !== "applied") throw new Error(revoked.outcome);
    const undo = { type: "undo" as const, sequence: revoked.sequence };
    expect(await stub.applyManual(identity, command(undo))).toMatchObject({ repeated: false });
    expect(await stub.read()).toMatchObject({ usageRemaining: 1_000, decision: { allowed: true } });
    expect(await stub.applyManual(identity, command(undo))).toMatchObject({ repeated: true });
    expect(await stub.verify()).toMatchObject({ ok: true });
  });

  it("an undo is refused when the added credits were spent", async () => {
    const customer = newSubject();
    const { identity, stub } = customer;
    await stub.applyStripe(identity, buildPurchase("spent", buildPack(10), 1_000));
    const entitlementId = await deriveEntitlementId(customer);
    const added = await stub.applyManual(
      identity,
      command({ type: "adjust", entitlementId, how: "add", units: 100 }),
    );
    await stub.consume(identity, buildConsume(105, "spend"));
    if (added.outcome !== "applied") throw new Error(added.outcome);
    const undo = command({ type: "undo", sequence: added.sequence });
    expect(await stub.applyManual(identity, undo)).toEqual({
      outcome: "refused",
      code: "not_enough_units",
      unitsRemaining: 5,
    });
  });

  it("an action reaches the audit log when its entry is flushed", async () => {
    const { identity, stub } = newSubject();
    const audit = buildAuditRow({
      actor: { accountId: "acc_1", ...actor, email: "ada@example.com", ipAddress: null },
      at: 1_000,
      action: "customer.grant",
      target: identity.subjectRef,
      projectId: identity.projectId,
    });
    await stub.applyManual(identity, command(grant, { audit: JSON.stringify(audit) }));
    await stub.resync();
    const rows = () =>
      env.DB.prepare("SELECT action FROM audit_log WHERE audit_id = ?").bind(audit.auditId).all();
    expect((await rows()).results).toEqual([{ action: "customer.grant" }]);
    const left = await runInDurableObject(
      stub,
      (_subject, state: DurableObjectState) =>
        state.storage.sql.exec("SELECT count(*) AS n FROM audit_outbox").one()["n"],
    );
    expect(left).toBe(0);
  });
});

describe("customerView", () => {
  it("customerView returns the decision, its start and the entries with their changes", async () => {
    const { identity, stub } = newSubject();
    await stub.applyStripe(identity, buildPurchase("view", buildPack(10), 1_000));
    await stub.consume(identity, buildConsume(10, "all"));
    const view = await stub.customerView(identity, { before: null, limit: 50 });
    expect(view).toMatchObject({
      exists: true,
      decision: { allowed: false, reason: "usage_exhausted" },
      entries: [
        { sequence: 2, operation: "consume", touched: [{ units: -10 }] },
        { sequence: 1, operation: "grant" },
      ],
      flips: [
        {
          before: { allowed: true },
          after: { allowed: false, reason: "usage_exhausted", sequence: 2 },
          cause: { type: "entry", sequence: 2 },
        },
        { before: { allowed: false, reason: "no_entitlement" }, after: { allowed: true, sequence: 1 } },
      ],
      entriesBefore: null,
      usage: [{ units: 10 }],
      usageIsPartial: false,
    });
    expect(view.since).toBe(view.entries[0]?.at);
    const [spent] = view.entries;
    const asOf = await stub.decisionAsOf({ sequence: 1, at: spent?.at ?? 0 });
    expect(asOf).toMatchObject({ outcome: "computed", decision: { allowed: true } });
  });

  it("customerView shows on an older page which entries were undone and which changed access", async () => {
    const { identity, stub } = newSubject();
    await stub.applyManual(identity, command(grant));
    await stub.applyManual(identity, command({ type: "undo", sequence: 1 }));
    const first = await stub.customerView(identity, { before: null, limit: 1 });
    expect(first).toMatchObject({ entries: [{ sequence: 2, undoneBy: null }], entriesBefore: 2 });
    const older = await stub.customerView(identity, { before: 2, limit: 1 });
    expect(older).toMatchObject({
      entries: [{ sequence: 1, undoneBy: 2 }],
      flips: [{ before: { allowed: false }, after: { allowed: true, sequence: 1 } }],
      entriesBefore: null,
      usage: [],
      since: null,
    });
  });

  it("customerView is empty when the customer is unknown", async () => {
    const { identity, stub } = newSubject();
    const view = await stub.customerView(identity, { before: null, limit: 50 });
    expect(view).toMatchObject({ exists: false, entries: [], since: null, decision: { allowed: false } });
  });
});
