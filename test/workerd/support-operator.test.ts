import { runDurableObjectAlarm } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { OperatorCaller, OperatorRpc } from "../../shared/contract/operator.ts";
import { mayActAs, type Role, roles } from "../../shared/contract/roles.ts";
import type { Mode } from "../../shared/contract/words.ts";
import { listAudit } from "../../shared/db/audit.ts";
import { addProduct } from "../../shared/db/products.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { type Account, newAccount, newMember } from "./members.ts";
import { env } from "./subjects.ts";

const operator = exports.OperatorEntrypoint;

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

/**
 * Lists every method that takes a scope, with its least role and the modes that require recent
 * authentication.
 */
type Call = (caller: OperatorCaller, place: Place) => Promise<unknown>;
type Method = Exclude<keyof OperatorRpc, "setPlan">;
const methods: Record<Method, [role: Role, proof: "never" | "live" | "always", call: Call]> = {
  readCustomer: [
    "viewer",
    "never",
    (c, p) => operator.readCustomer(c, p, subjectRef, { before: null, limit: 1 }),
  ],
  readDecision: ["viewer", "never", (c, p) => operator.readDecision(c, p, subjectRef, { at: 1 })],
  findCustomersByEmail: ["viewer", "never", (c, p) => operator.findCustomersByEmail(c, p, "a@example.com")],
  previewAction: ["support", "never", (c, p) => operator.previewAction(c, p, subjectRef, newRequest())],
  applyAction: [
    "support",
    "live",
    (c, p) => operator.applyAction(c, p, subjectRef, { ...newRequest(), ...why, fingerprint: "" }),
  ],
  previewSync: ["support", "never", (c, p) => operator.previewSync(c, p, subjectRef)],
  applySync: ["support", "live", (c, p) => operator.applySync(c, p, subjectRef, { ...why, fingerprint: "" })],
  addNote: [
    "support",
    "never",
    (c, p) => operator.addNote(c, p, subjectRef, { noteId: newId("note"), text: "hello" }),
  ],
  deleteNote: ["support", "never", (c, p) => operator.deleteNote(c, p, subjectRef, "note_none")],
  exportCustomer: ["owner", "always", (c, p) => operator.exportCustomer(c, p, subjectRef, null)],
  previewErase: ["owner", "never", (c, p) => operator.previewErase(c, p, subjectRef)],
  eraseCustomer: [
    "owner",
    "always",
    (c, p) =>
      operator.eraseCustomer(c, p, subjectRef, {
        ...why,
        erasureId: newId("ers"),
        confirmation: subjectRef,
      }),
  ],
  verifyCustomer: ["support", "never", (c, p) => operator.verifyCustomer(c, p, subjectRef)],
  resyncCustomer: ["support", "never", (c, p) => operator.resyncCustomer(c, p, subjectRef)],
  startSubjectJob: [
    "admin",
    "never",
    (c, p) => operator.startSubjectJob(c, p, { jobId: newId("job"), kind: "verify" }),
  ],
  stopSubjectJob: ["admin", "never", (c, p) => operator.stopSubjectJob(c, p, "job_none")],
  retryEvent: ["support", "never", (c, p) => operator.retryEvent(c, p, "evt_none")],
  checkStripe: ["support", "never", (c, p) => operator.checkStripe(c, p)],
  createApiKey: [
    "admin",
    "live",
    (c, p) => operator.createApiKey(c, p, { keyId: newId("key"), name: "k", expiresAt: null }),
  ],
  rotateApiKey: [
    "admin",
    "live",
    (c, p) => operator.rotateApiKey(c, p, { keyId: "key_none", newKeyId: newId("key"), overlapMs: 0 }),
  ],
  revokeApiKey: ["admin", "never", (c, p) => operator.revokeApiKey(c, p, "key_none")],
  connectStripe: ["admin", "live", (c, p) => operator.connectStripe(c, p, "not a key")],
  registerWebhook: ["admin", "live", (c, p) => operator.registerWebhook(c, p, "https://a.example")],
  setWebhookSecret: ["admin", "live", (c, p) => operator.setWebhookSecret(c, p, "not a secret")],
  listPrices: ["admin", "never", (c, p) => operator.listPrices(c, p)],
  lookUpPrice: [
    "admin",
    "never",
    (c, p) => operator.lookUpPrice(c, p, { priceId: "price_1", kind: "subscription" }),
  ],
  createProduct: ["admin", "never", (c, p) => operator.createProduct(c, p, product)],
  editProduct: ["admin", "never", (c, p) => operator.editProduct(c, p, { product, version: 0 })],
  archiveProduct: [
    "admin",
    "never",
    (c, p) => operator.archiveProduct(c, p, { productCode: "A", archived: true }),
  ],
};
const table = Object.entries(methods).map(([name, rest]) => [name, ...rest] as const);

const reasonOf = (reply: unknown) =>
  typeof reply === "object" && reply !== null && "reason" in reply ? reply.reason : null;

describe.each(table)("%s, requires %s, recent authentication: %s", (_, needed, proof, call) => {
  it("the operator method rejects exactly lower roles, strangers and other accounts", async () => {
    const account = await newAccount();
    for (const role of roles) {
      const { caller } = await newMember(account, role);
      const isRefused = reasonOf(await call(caller, placeOf(account))) === "not_allowed";
      expect({ role, isRefused }).toEqual({ role, isRefused: !mayActAs(role, needed) });
    }
    const { caller } = await newMember(account, "owner");
    expect(await call(caller, placeOf(await newAccount()))).toMatchObject({
      reason: "not_found",
      message: "There is no such project in your account.",
    });
    const stranger = { sessionToken: "guessed", ipAddress: null };
    expect(reasonOf(await call(stranger, placeOf(account)))).toBe("session_ended");
  });

  it("the operator method requires recent authentication in exactly its listed modes", async () => {
    const account = await newAccount();
    const stale = await newMember(account, "owner", { provenAt: new Date(Date.now() - 31 * 60_000) });
    for (const mode of ["test", "live"] as const) {
      const isRequired = reasonOf(await call(stale.caller, placeOf(account, mode))) === "proof_needed";
      expect({ mode, isRequired }).toEqual({ mode, isRequired: proof === "always" || proof === mode });
    }
  });
});

describe("setPlan", () => {
  it("the operator entrypoint lets only an owner set the plan", async () => {
    const account = await newAccount();
    for (const role of roles) {
      const { caller } = await newMember(account, role);
      const isRefused = reasonOf(await operator.setPlan(caller, "trial")) === "not_allowed";
      expect({ role, isRefused }).toEqual({ role, isRefused: role !== "owner" });
    }
  });
});

describe("applyAction", () => {
  it("an action of support takes effect under its name, and a viewer's request leaves no trace", async () => {
    const account = await newAccount();
    const place = placeOf(account);
    const viewer = await newMember(account, "viewer");
    const support = await newMember(account, "support");
    await addProduct(env.DB, (await newMember(account, "admin")).actor, {
      ...place,
      productCode: form.productCode,
      name: "Credits",
      kind: "usage_pack",
      stripePriceId: "price_1",
      units: 1_000,
      createdAt: 0,
      updatedAt: 0,
    });
    const command = newRequest();
    const preview = await operator.previewAction(support.caller, place, subjectRef, command);
    if (preview.outcome !== "done") throw new Error(preview.message);
    const { fingerprint } = preview.preview;
    const full = { ...command, ...why, fingerprint };
    expect(await operator.applyAction(viewer.caller, place, subjectRef, full)).toMatchObject({
      reason: "not_allowed",
    });
    const identity = { ...place, region: "weur" as const, subjectRef };
    const stub = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));
    expect((await stub.read()).entitlements).toEqual([]);

    expect(await operator.applyAction(support.caller, place, subjectRef, full)).toEqual({
      outcome: "done",
      sequence: 1,
      repeated: false,
    });
    const seen = await operator.readCustomer(viewer.caller, place, subjectRef, { before: null, limit: 5 });
    if (seen.outcome !== "done") throw new Error(seen.message);
    expect(seen.customer).toMatchObject({
      usageRemaining: 50,
      entries: [{ actor: { operatorId: support.actor.operatorId }, reason: "goodwill: sorry" }],
    });
    await runDurableObjectAlarm(stub);
    const audit = await listAudit(env.DB, { accountId: account.accountId, action: "customer.grant" }, 5);
    expect(audit).toMatchObject([
      { action: "customer.grant", operatorId: support.actor.operatorId, target: subjectRef },
    ]);
  });
});
