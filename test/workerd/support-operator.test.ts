import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Mode } from "../../shared/contract/enums.ts";
import { applyAction, previewAction, readCustomer } from "../../shared/contract/operations/customers.ts";
import type { InputOf } from "../../shared/contract/operations/operation.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import { type OperationOf, operations } from "../../shared/contract/operations/table.ts";
import { hasRole, roles } from "../../shared/contract/roles.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { insertProduct } from "../../workers/runtime/db/products.ts";
import { type Account, newAccount, newMember } from "./members.ts";
import { run, runtimeEntrypoint } from "./operator-calls.ts";
import { env } from "./subjects.ts";

type Place = { projectId: string; mode: Mode };
const placeOf = ({ projectId }: Account, mode: Mode = "test"): Place => ({ projectId, mode });

const subjectRef = "user_1";
const form = {
  type: "grant" as const,
  productCode: "CREDITS",
  units: 50,
  durationDays: null,
  expiresAt: null,
};
const newRequest = () => ({ actionId: newId("act"), form });
const why = { reason: "goodwill" as const, text: "sorry" };
const product = { productCode: "A", name: "A", stripePriceId: "price_1", kind: "subscription" as const };

/** An input of each operation that its schema takes. */
const inputs: { [O in OperationOf<"runtime"> as O["name"]]: () => InputOf<O> } = {
  "customer.read": () => ({ subjectRef, before: null, limit: 1, withProfile: false }),
  "customer.read_decision": () => ({ subjectRef, asOf: { at: 1 } }),
  "customer.find_by_email": () => ({ email: "a@example.com" }),
  "customer.find_related_at_stripe": () => ({ stripeId: "ch_1" }),
  "customer.preview_action": () => ({ subjectRef, ...newRequest() }),
  "customer.apply_action": () => ({ subjectRef, ...newRequest(), ...why, fingerprint: "" }),
  "customer.preview_sync": () => ({ subjectRef }),
  "customer.sync": () => ({ subjectRef, ...why, fingerprint: "" }),
  "customer.preview_retry": () => ({ subjectRef }),
  "customer.retry": () => ({ subjectRef, fingerprint: "" }),
  "bulk_job.create": () => ({ jobId: newId("job"), subjectRefs: [subjectRef], action: form, ...why }),
  "bulk_job.undo": () => ({ jobId: newId("job"), undoes: "job_none" }),
  "bulk_job.preview_again": () => ({ jobId: "job_none" }),
  "bulk_job.start": () => ({ jobId: "job_none", round: 0 }),
  "bulk_job.stop": () => ({ jobId: "job_none" }),
  "access_audit.start": () => ({ auditId: newId("job") }),
  "access_audit.stop": () => ({ auditId: "job_none" }),
  "access_audit.resume": () => ({ auditId: "job_none" }),
  "access_audit.import": () => ({ auditId: "job_none", findingId: null }),
  "access_audit.continue_import": () => ({ auditId: "job_none" }),
  "access_audit.save_settings": () => ({ source: "none", metadataKey: null, dailyHour: null }),
  "access_audit.upload_mapping": () => ({ csv: "cus_1,user_1" }),
  "customer.create_recovery_link": () => ({ subjectRef, linkId: newId("lnk"), days: 7 as const }),
  "customer.note_add": () => ({ subjectRef, noteId: newId("note"), note: "hello" }),
  "customer.note_delete": () => ({ subjectRef, noteId: "note_none" }),
  "customer.export": () => ({ subjectRef, cursor: null }),
  "customer.preview_erase": () => ({ subjectRef }),
  "customer.erase": () => ({ subjectRef, ...why, erasureId: newId("ers"), confirmation: subjectRef }),
  "customer.verify": () => ({ subjectRef }),
  "customer.resync": () => ({ subjectRef }),
  "subject_job.start": () => ({ jobId: newId("job"), kind: "verify" }),
  "subject_job.stop": () => ({ jobId: "job_none" }),
  "shadow.compare": () => ({ answers: [{ subjectRef, appAllowed: true }] }),
  "shadow.clear": () => ({}),
  "stripe_event.retry": () => ({ eventId: "evt_none" }),
  "product.create": () => product,
  "product.edit": () => ({ product, version: 0 }),
  "product.archive": () => ({ productCode: "A", archived: true }),
  "product.set_allowance": () => ({
    productCode: "A",
    units: 1,
    every: "month",
    rolloverWindows: 0,
    rolloverMax: null,
    inTrial: null,
    from: null,
    version: 0,
  }),
  "product.preview_copy": () => ({ productCode: "A" }),
  "product.copy_to_live": () => ({
    productCode: "A",
    stripePriceId: "price_1",
    testVersion: 0,
    liveVersion: null,
  }),
  "price.list": () => ({}),
  "price.look_up": () => ({ priceId: "price_1", kind: "subscription" }),
  "price.list_free": () => ({ after: null }),
  "product.create_many": () => ({ products: [product] }),
  "api_key.create": () => ({ keyId: newId("key"), name: "k", expiresAt: null }),
  "api_key.rotate": () => ({ keyId: "key_none", newKeyId: newId("key"), overlapMs: 0 }),
  "api_key.revoke": () => ({ keyId: "key_none" }),
  "stripe.connect": () => ({ apiKey: "not a key" }),
  "stripe.check": () => ({}),
  "stripe.register_webhook": () => ({ origin: "https://a.example" }),
  "stripe.set_webhook_secret": () => ({ secret: "whsec_0123456789abcdef" }),
  "stripe_backfill.stop": () => ({ jobId: "job_none" }),
  "stripe_backfill.resume": () => ({ jobId: "job_none" }),
  "project.rotate_link_secret": () => ({ secretVersion: 1 }),
  "project.set_rate_limit": () => ({ rateLimit: 500 }),
  "project.set_signals": () => ({
    productCode: null,
    lowBalance: 10,
    lowBalanceIn: "percent",
    expiringDays: 7,
  }),
  "plan.set": () => ({ plan: "trial" }),
};
const table = operations.flatMap((operation) =>
  operation.worker === "runtime"
    ? [[operation.name, operation.role, operation.recentAuth, operation] as const]
    : [],
);

const reasonOf = (reply: unknown) =>
  typeof reply === "object" && reply !== null && "reason" in reply ? reply.reason : null;

describe.each(table)("%s, requires %s, recent authentication: %s", (name, needed, proof, operation) => {
  const isOnAccount = operation.scope === "account";
  const call = (caller: OperatorCaller, place: Place) =>
    runtimeEntrypoint.run({
      operation: name,
      caller,
      scope: isOnAccount ? null : place,
      input: inputs[name](),
    });

  it("the operator entrypoint rejects exactly lower roles, strangers and other accounts", async () => {
    expect(operation.input.safeParse(inputs[name]()).error).toBeUndefined();
    const account = await newAccount();
    for (const role of roles) {
      const { caller } = await newMember(account, role);
      const isRefused = reasonOf(await call(caller, placeOf(account))) === "not_allowed";
      expect({ role, isRefused }).toEqual({ role, isRefused: !hasRole(role, needed) });
    }
    const stranger = { sessionToken: "guessed", ipAddress: null };
    expect(reasonOf(await call(stranger, placeOf(account)))).toBe("session_ended");
    if (isOnAccount) return;
    const { caller } = await newMember(account, "owner");
    expect(await call(caller, placeOf(await newAccount()))).toMatchObject({
      reason: "not_found",
      message: "Project not found in your account.",
    });
  });

  it("the operator method requires recent authentication in exactly its listed modes", async () => {
    const account = await newAccount();
    const stale = await newMember(account, "owner", { provenAt: new Date(Date.now() - 31 * 60_000) });
    for (const mode of ["test", "live"] as const) {
      const isRequired =
        reasonOf(await call(stale.caller, placeOf(account, mode))) === "reauthentication_required";
      expect({ mode, isRequired }).toEqual({
        mode,
        isRequired: proof === "always" || (proof === mode && !isOnAccount),
      });
    }
  });
});

describe("applyAction", () => {
  it("an action of support takes effect under its name, and a viewer's request leaves no trace", async () => {
    const account = await newAccount();
    const place = placeOf(account);
    const viewer = await newMember(account, "viewer");
    const support = await newMember(account, "support");
    await insertProduct(env.DB, (await newMember(account, "admin")).actor, {
      ...place,
      productCode: form.productCode,
      name: "Credits",
      kind: "usage_pack",
      stripePriceId: "price_1",
      units: 1_000,
      createdAt: 0,
      updatedAt: 0,
    });
    const command = { subjectRef, ...newRequest() };
    const preview = await run(previewAction, support.caller, place, command);
    if (preview.outcome !== "done") throw new Error(preview.message);
    const { fingerprint } = preview.preview;
    const full = { ...command, ...why, fingerprint };
    expect(await run(applyAction, viewer.caller, place, full)).toMatchObject({
      reason: "not_allowed",
    });
    const identity = { ...place, region: "weur" as const, subjectRef };
    const stub = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));
    expect((await stub.read()).entitlements).toEqual([]);

    expect(await run(applyAction, support.caller, place, full)).toEqual({
      outcome: "done",
      sequence: 1,
      repeated: false,
    });
    const seen = await run(readCustomer, viewer.caller, place, {
      subjectRef,
      before: null,
      limit: 5,
      withProfile: false,
    });
    if (seen.outcome !== "done") throw new Error(seen.message);
    expect(seen.customer).toMatchObject({
      usageRemaining: 50,
      entries: [{ actor: { operatorId: support.actor.operatorId }, reason: "goodwill: sorry" }],
    });
    await runDurableObjectAlarm(stub);
    const audit = await listAuditEntries(
      env.DB,
      { accountId: account.accountId, action: "customer.grant" },
      5,
    );
    expect(audit).toMatchObject([
      { action: "customer.grant", operatorId: support.actor.operatorId, target: subjectRef },
    ]);
  });
});
