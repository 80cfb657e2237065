import { runInDurableObject } from "cloudflare:test";
import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  addNote,
  eraseCustomer,
  previewAction,
  previewErase,
  previewSync,
} from "../../shared/contract/operations/customers.ts";
import type { AuditEntry } from "../../shared/db/audit.ts";
import { type ErasureRow, hashSubjectName } from "../../shared/db/erasures.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { insertErasure, isErased } from "../../workers/runtime/db/erasures.ts";
import { finishErasure } from "../../workers/runtime/jobs/finish-erasure.ts";
import type { MaintenanceEntrypoint } from "../../workers/runtime/maintenance-entrypoint.ts";
import type { Subject } from "../../workers/runtime/subject/subject.ts";
import {
  type ConnectedProject,
  insertCheckoutAttempt,
  newConnectedProject,
  now,
  receiveStripeEvent,
} from "./connected-project.ts";
import { newEndpoint } from "./endpoints.ts";
import { newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { buildConsume, buildPack, buildPurchase, env, restart } from "./subjects.ts";

const { MaintenanceEntrypoint: maintenance } = exports as unknown as {
  MaintenanceEntrypoint: MaintenanceEntrypoint;
};

interface Customer {
  project: ConnectedProject;
  place: { projectId: string; mode: "test" };
  subjectRef: string;
  /** Strings that must not appear anywhere once the customer is erased. */
  secrets: string[];
  metadata: Record<string, string>;
  identity: { projectId: string; mode: "test"; region: "weur"; subjectRef: string };
  stub: DurableObjectStub<Subject>;
  member: Awaited<ReturnType<typeof newMember>>;
}

const paidSession = (name: string, metadata: object, email: string) => ({
  id: `cs_${name}`,
  payment_status: "paid",
  payment_intent: `pi_${name}`,
  customer: `cus_${name}`,
  customer_details: { email },
  metadata,
});

/** Inserts an open alert about the customer, and its message. */
async function insertAlert(projectId: string, subjectRef: string): Promise<void> {
  const alertId = newId("alr");
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO alerts (alert_id, project_id, mode, rule, object_id, subject_ref, cause, count, urgency, opened_at,
         last_seen_at) VALUES (?1, ?2, 'test', 'duplicate_subscription', ?3 || '/PRO', ?3, '', 1, 3, 1, 1)`,
    ).bind(alertId, projectId, subjectRef),
    env.DB.prepare(
      `INSERT INTO alert_messages (message_id, channel_id, project_id, mode, alert_id, kind, content, state, created_at)
       VALUES (?1, 'chn_1', ?2, 'test', ?1, 'fired', ?3, 'sent', 1)`,
    ).bind(alertId, projectId, JSON.stringify({ subject_ref: subjectRef })),
  ]);
}

/** Inserts what an access audit at work has of the customer, who is its place too. */
async function insertAuditTraces(projectId: string, subjectRef: string): Promise<void> {
  const auditId = newId("job");
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO access_audits (audit_id, project_id, mode, status, phase, cursor, counts, created_at, updated_at)
       VALUES (?1, ?2, 'test', 'running', 'subjects', ?3, '{}', 1, 1)`,
    ).bind(auditId, projectId, subjectRef),
    env.DB.prepare(
      `INSERT INTO access_audit_findings (audit_id, finding_id, class, subject_ref, diagnosis, action, found_at)
       VALUES (?1, 'subject/' || ?2, 'paid_but_denied', ?2, '', 'sync', 1)`,
    ).bind(auditId, subjectRef),
    env.DB.prepare(
      `INSERT INTO access_audit_findings (audit_id, finding_id, class, diagnosis, action, found_at)
       VALUES (?1, 'object/sub_1', 'unmapped', 'Two customers are named for it: other, ' || ?2 || '. Correct the mapping.',
         'map', 1)`,
    ).bind(auditId, subjectRef),
    env.DB.prepare(
      `INSERT INTO access_audit_findings (audit_id, finding_id, class, subject_ref, diagnosis, action, import_state,
         import_message, found_at)
       VALUES (?1, 'object/sub_2', 'not_imported', 'other', '', 'import', 'failed', 'sub_2 belongs to customer ' || ?2, 1)`,
    ).bind(auditId, subjectRef),
    env.DB.prepare(
      "INSERT INTO access_audit_seen (audit_id, seen_id, class) VALUES (?1, 'subject/' || ?2, 'paid_but_denied')",
    ).bind(auditId, subjectRef),
    env.DB.prepare(
      `INSERT INTO recovery_requests (project_id, mode, subject_ref, key_hash, request_hash, request_id, created_at)
       VALUES (?1, 'test', ?2, 'key', 'request', 'req_1', 1)`,
    ).bind(projectId, subjectRef),
    env.DB.prepare(
      `INSERT INTO recovery_links (link_id, project_id, mode, subject_ref, reason, secret_version, created_at, expires_at,
         operator_id, operator_name) VALUES (?3, ?1, 'test', ?2, 'revoked', 1, 1, 2, 'opr_1', 'Sam')`,
    ).bind(projectId, subjectRef, newId("lnk")),
    env.DB.prepare(
      "INSERT INTO customer_mappings (project_id, mode, customer_id, subject_ref) VALUES (?1, 'test', 'cus_1', ?2)",
    ).bind(projectId, subjectRef),
  ]);
}

/** Creates a customer with rows in every table that can hold data of one. */
async function customerWithAll(): Promise<Customer> {
  const project = await newConnectedProject();
  const account = await env.DB.prepare("SELECT account_id AS accountId FROM projects WHERE project_id = ?")
    .bind(project.projectId)
    .first<{ accountId: string }>();
  const member = await newMember({ accountId: account?.accountId ?? "", ...project }, "owner");
  const name = crypto.randomUUID();
  const subjectRef = `user "${name}"`;
  const email = `${name}@customers.example`;
  const place = { projectId: project.projectId, mode: "test" as const };
  const identity = { ...place, region: "weur" as const, subjectRef };
  const stub = env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));
  await newEndpoint(place);
  const metadata = await insertCheckoutAttempt(project, subjectRef);
  await receiveStripeEvent(project, "checkout.session.completed", paidSession(name, metadata, email));
  // An event type that Licenzy does not handle, about the same customer.
  await receiveStripeEvent(project, "customer.updated", { id: `cus_${name}`, email });
  // Stays received, because its checkout attempt does not exist.
  await receiveStripeEvent(project, "checkout.session.completed", {
    ...paidSession(`${name}_2`, { ...metadata, licenzy_attempt_id: "att_none" }, email),
  });
  await stub.consume(identity, buildConsume(3, "k"));
  const { caller } = member;
  const form = {
    type: "grant" as const,
    productCode: "NONE",
    units: null,
    durationDays: null,
    expiresAt: null,
  };
  await run(previewAction, caller, place, { subjectRef, actionId: newId("act"), form });
  await run(addNote, caller, place, { subjectRef, noteId: newId("note"), note: `Write to ${email}` });
  await insertAlert(place.projectId, subjectRef);
  await insertAuditTraces(place.projectId, subjectRef);
  await stub.wake();
  return { project, place, subjectRef, secrets: [name, email], metadata, identity, stub, member };
}

/** Returns every row of D1 and of the object that contains one of the customer's secrets. */
async function traces(customer: Customer): Promise<string[]> {
  const { secrets } = customer;
  const found: string[] = [];
  const collect = (table: string, rows: object[]) => {
    for (const row of rows) {
      const text = JSON.stringify(row);
      if (secrets.some((secret) => text.includes(secret))) found.push(`${table}: ${text}`);
    }
  };
  const tables =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_cf%' ESCAPE '\\'";
  const { results } = await env.DB.prepare(tables).all<{ name: string }>();
  expect(results.length).toBeGreaterThan(20);
  for (const { name } of results)
    collect(name, (await env.DB.prepare(`SELECT * FROM ${name}`).all()).results as object[]);
  await runInDurableObject(stubOf(customer), (_subject, { storage }) => {
    for (const { name } of storage.sql.exec<{ name: string }>(tables).toArray())
      collect(`object ${name}`, storage.sql.exec(`SELECT * FROM ${name}`).toArray());
  });
  return found;
}

/** Returns a new stub, because the stub of an aborted object is broken. */
const stubOf = ({ identity }: Customer): DurableObjectStub<Subject> =>
  env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identity)));

const command = (subjectRef: string) => ({
  subjectRef,
  erasureId: newId("ers"),
  confirmation: subjectRef,
  reason: "customer_request" as const,
  text: "Ticket 12",
});

const erase = ({ member, place, subjectRef }: Customer) =>
  run(eraseCustomer, member.caller, place, command(subjectRef));

async function recordErasure({ place, subjectRef, member }: Customer): Promise<ErasureRow> {
  const { operatorId, name: operatorName } = member.actor;
  const audit: AuditEntry = {
    actor: member.actor,
    at: await now(),
    action: "customer.erase",
    target: "hash",
    ...place,
  };
  const erasure = { ...place, subjectRef, erasureId: newId("ers"), operatorId, operatorName };
  const row = await insertErasure(env.DB, erasure, audit);
  if (row === null) throw new Error("no erasure was recorded");
  return row;
}

/** Returns how many customers of the place have access by the counts of the overview, and by the sum of their changes. */
async function countedAccess({ place }: Customer) {
  const { results } = await env.DB.prepare(
    `SELECT hour = 0 AS isTotal, sum(value) AS value FROM hourly_counts
     WHERE project_id = ? AND metric = 'access' GROUP BY 1 ORDER BY 1 DESC`,
  )
    .bind(place.projectId)
    .all<{ value: number }>();
  return results.map(({ value }) => value);
}

describe("customer erasure", () => {
  it("an erasure leaves no trace in D1 and the object, and the subject checks as unknown", async () => {
    const customer = await customerWithAll();
    expect((await traces(customer)).map((trace) => trace.split(":")[0])).toEqual(
      expect.arrayContaining([
        ...["subjects", "entitlements", "notes", "stripe_events", "events", "deliveries"],
        ...["alerts", "alert_messages"],
        ...["access_audits", "access_audit_findings", "access_audit_seen", "customer_mappings"],
      ]),
    );
    const { decision } = await customer.stub.check();
    expect(decision.allowed).toBe(true);
    expect(await countedAccess(customer)).toEqual([1, 1]);
    expect(await erase(customer)).toEqual({ outcome: "done", state: "done" });
    expect(await traces(customer)).toEqual([]);
    await restart(customer.stub);
    const unknown = env.SUBJECT.get(env.SUBJECT.idFromName(newId("req")));
    const fresh = stubOf(customer);
    expect((await fresh.check()).decision).toEqual((await unknown.check()).decision);
    const consumed = await fresh.consume(customer.identity, buildConsume(3, "k"));
    expect(consumed).toMatchObject({ outcome: "insufficient_usage", usageRemaining: 0 });
    expect(await traces(customer)).toEqual([]);
    await runInDurableObject(fresh, async (_subject, { storage }) => {
      expect(await storage.getAlarm()).toBeNull();
    });
    const audit = await env.DB.prepare("SELECT * FROM audit_log WHERE target = ? ORDER BY audit_id")
      .bind(hashSubjectName(customer.identity))
      .all();
    expect(audit.results.map(({ action, after }) => [action, after])).toEqual([
      ["customer.note_add", null],
      ["customer.erase", expect.stringContaining("customer_request: Ticket 12")],
    ]);
  });

  it("the sweep finishes an erasure that was interrupted before or after any call to D1", async () => {
    for (let calls = 0; ; calls++) {
      const isBefore = calls % 2 === 0;
      const customer = await customerWithAll();
      const row = await recordErasure(customer);
      const broken = { ...env, DB: breaksAfter(env.DB, calls, isBefore) };
      const isWhole = await finishErasure(broken, row).catch(() => false);
      if (!isWhole) await maintenance.sweep("erasures");
      expect(await traces(customer), `interrupted at call ${calls}`).toEqual([]);
      expect(await countedAccess(customer), `interrupted at call ${calls}`).toEqual([0, 0]);
      expect(
        await env.DB.prepare("SELECT state FROM erasures WHERE erasure_id = ?").bind(row.erasureId).first(),
      ).toEqual({
        state: "done",
      });
      if (isWhole) {
        expect(calls).toBeGreaterThan(20);
        return;
      }
    }
  });

  it("an erasure that resumes late keeps the data written after it", async () => {
    const customer = await customerWithAll();
    const row = await recordErasure(customer);
    await maintenance.sweep("erasures");
    const metadata = await insertCheckoutAttempt(customer.project, customer.subjectRef);
    const session = paidSession(crypto.randomUUID(), metadata, "new@customers.example");
    expect(await receiveStripeEvent(customer.project, "checkout.session.completed", session)).toMatchObject({
      status: "applied",
    });
    await customer.stub.wake();
    await finishErasure(env, { ...row });
    expect((await customer.stub.check()).decision.allowed).toBe(true);
    expect(await customer.stub.verify()).toMatchObject({ ok: true, findings: [] });
  });
});

describe("erased customer", () => {
  it("a Stripe event is ignored and its payload dropped when it predates the erasure", async () => {
    const customer = await customerWithAll();
    await erase(customer);
    const late = paidSession(crypto.randomUUID(), customer.metadata, customer.secrets[1] ?? "");
    const settled = { status: "ignored", detail: "erased", payload: "", subjectRef: null };
    expect(await receiveStripeEvent(customer.project, "checkout.session.completed", late)).toMatchObject(
      settled,
    );
    const intent = { id: late.payment_intent, object: "payment_intent", metadata: customer.metadata };
    await env.DEV.setStripeAnswers([
      { path: `/v1/payment_intents/${late.payment_intent}`, status: 200, body: intent },
    ]);
    const refund = {
      id: "re_1",
      payment_intent: late.payment_intent,
      amount: 5,
      status: "succeeded",
      created: 1,
    };
    expect(await receiveStripeEvent(customer.project, "refund.created", refund)).toMatchObject(settled);
    // A worker resolved the owner before the erasure and applies the event only now.
    const early = buildPurchase("early", buildPack(5), 1_000);
    expect(await customer.stub.applyStripe(customer.identity, early)).toEqual({ outcome: "erased" });
    expect(await traces(customer)).toEqual([]);
  });

  it("an erased customer rejects manual actions, syncs and notes", async () => {
    const customer = await customerWithAll();
    await erase(customer);
    const { member, place, subjectRef, stub, identity } = customer;
    const { caller } = member;
    const action = {
      type: "grant",
      productCode: "A",
      kind: "usage_pack",
      units: 1,
      durationDays: null,
      expiresAt: null,
    };
    const request = { actionId: newId("act"), requestHash: "", action: action as never };
    expect(await stub.previewManual(identity, request)).toMatchObject({ outcome: "refused", code: "erased" });
    const done = {
      ...request,
      fingerprint: null,
      actor: { operatorId: "o", name: "n" },
      reason: "r",
      audit: null,
    };
    expect(await stub.applyManual(identity, done)).toMatchObject({ outcome: "refused", code: "erased" });
    const note = { subjectRef, noteId: newId("note"), note: "hello" };
    expect(await run(addNote, caller, place, note)).toMatchObject({ reason: "conflict" });
    const synced = await run(previewSync, caller, place, { subjectRef });
    expect(synced).toMatchObject({ reason: "conflict", message: expect.stringContaining("was erased") });
    expect(await run(previewErase, caller, place, { subjectRef })).toMatchObject({ reason: "conflict" });
    expect(await traces(customer)).toEqual([]);
  });

  it("an erased customer starts over with a new checkout, and older Stripe data stays erased", async () => {
    const customer = await customerWithAll();
    const before = await customer.stub.check();
    await erase(customer);
    const metadata = await insertCheckoutAttempt(customer.project, customer.subjectRef);
    expect(await isErased(env.DB, customer.identity)).toBe(false);
    const session = paidSession(crypto.randomUUID(), metadata, "new@customers.example");
    expect(await receiveStripeEvent(customer.project, "checkout.session.completed", session)).toMatchObject({
      status: "applied",
    });
    const after = await customer.stub.check();
    expect(after.decision.allowed).toBe(true);
    expect(after.sequence).toBe(before.sequence + 1);
    expect(await customer.stub.decisionAsOf({ sequence: 1, at: before.at })).toMatchObject({
      outcome: "too_long_ago",
    });
    await customer.stub.wake();
    expect(await customer.stub.verify()).toMatchObject({ ok: true, findings: [], unflushed: 0 });
    const late = paidSession(crypto.randomUUID(), customer.metadata, "old@customers.example");
    expect(await receiveStripeEvent(customer.project, "checkout.session.completed", late)).toMatchObject({
      detail: "erased",
    });
    expect((await customer.stub.read()).entitlements).toHaveLength(1);
    await restart(customer.stub);
    expect((await stubOf(customer).check()).sequence).toBe(after.sequence);
  });
});

/** Returns a D1 that fails at call number `calls`, before or after it is made. */
function breaksAfter(db: D1Database, calls: number, isBefore: boolean): D1Database {
  let made = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    if (made++ !== calls) return work();
    if (!isBefore) await work();
    throw new Error("interrupted");
  };
  const statement = (prepared: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(prepared, {
      get(target, name) {
        const member = Reflect.get(target, name) as (...given: unknown[]) => unknown;
        if (name === "bind") return (...given: unknown[]) => statement(member.apply(target, given) as never);
        if (["run", "all", "first", "raw"].includes(String(name)))
          return (...given: unknown[]) => call(() => member.apply(target, given) as Promise<unknown>);
        if (name === "unwrapped") return target;
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  return {
    prepare: (sql: string) => statement(db.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      call(() => db.batch(statements.map((each) => (each as { unwrapped?: never }).unwrapped ?? each))),
  } as D1Database;
}
