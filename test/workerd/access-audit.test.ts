import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/d1";
import { afterEach, describe, expect, it } from "vitest";
import {
  continueImport,
  importFindings,
  resumeAccessAudit,
  startAccessAudit,
  stopAccessAudit,
} from "../../shared/contract/operations/access-audits.ts";
import { shadowDisagreements } from "../../shared/db/tables/shadow.ts";
import { subjectName } from "../../shared/domain/subject-name.ts";
import { newId } from "../../shared/kit/ids.ts";
import { readMoveInFacts } from "../../workers/portal/db/access-audits.ts";
import { claimAccessAudits } from "../../workers/runtime/db/access-audit-leases.ts";
import { replaceMapping, saveSettings } from "../../workers/runtime/db/access-audit-settings.ts";
import { readConnection } from "../../workers/runtime/db/stripe-connections.ts";
import { recordObjectOwner } from "../../workers/runtime/db/stripe-objects.ts";
import { auditLeaseMs, runAccessAudit } from "../../workers/runtime/jobs/run-access-audit.ts";
import { startDailyAudits } from "../../workers/runtime/jobs/start-daily-audits.ts";
import { adoptObject } from "../../workers/runtime/stripe-events/adopt-object.ts";
import { createConnectionContext } from "../../workers/runtime/stripe-events/connection-context.ts";
import {
  findingsOf,
  finished,
  foreign,
  inserted,
  newProject,
  type Project,
  perPage,
  read,
  type Sold,
  setStripe,
  toSubscription,
} from "./audited-project.ts";
import { now, readSubject, receiveStripeEvent } from "./connected-project.ts";
import { databases, keyOf } from "./databases.ts";
import { run } from "./operator-calls.ts";
import { env, restart } from "./subjects.ts";

const { DB, DEV } = env;
const daySeconds = 86_400;

afterEach(async () => {
  await DEV.hangStripe(false);
});

const subscriptionLists = () => DEV.countStripeCalls("/v1/subscriptions");

describe("the report of an access audit", () => {
  it.each([
    ["in the last day is a finding", 0, "paid_but_denied"],
    ["two days ago is none: it may be resolved", 2 * daySeconds * 1_000, "agrees"],
  ])("a shadow check in which the app denied what is paid %s", async (_title, ageMs, expected) => {
    const project = await newProject();
    await setStripe(foreign(2));
    const { auditId } = await finished(project, await inserted(project));
    await run(importFindings, project.admin.caller, project.place, { auditId, findingId: null });
    await expect
      .poll(async () => (await read(project, auditId)).status, { timeout: 30_000 })
      .toBe("finished");
    const subjectRef = "user_0001";
    await drizzle(DB)
      .insert(shadowDisagreements)
      .values({ ...project.place, subjectRef, appAllowed: false, reason: null, at: (await now()) - ageMs });
    const audit = await finished(project, await inserted(project));
    expect(audit.counts).toMatchObject({ agrees: expected === "agrees" ? 2 : 1 });
    expect(await findingsOf(audit.auditId)).toMatchObject(
      expected === "agrees" ? [] : [{ class: expected, subjectRef, action: "none" }],
    );
  });

  it("counts each subscription once over many pages, and notes nothing after its end", async () => {
    const project = await newProject();
    await setStripe(foreign(6).map((each) => ({ ...each, metadata: {} })));
    const audit = await finished(project, await inserted(project));
    expect(audit).toMatchObject({ status: "finished", subscriptions: 6, counts: { unmapped: 6 } });
    const seen = await DB.prepare("SELECT count(*) AS count FROM access_audit_seen WHERE audit_id = ?")
      .bind(audit.auditId)
      .first<{ count: number }>();
    expect(seen?.count).toBe(0);
  });

  it("reads a page again when Stripe did not answer, and waits longer each time", async () => {
    const project = await newProject();
    const known = foreign(perPage);
    const objects = known.map(({ id }) => ({ stripeId: id, attemptId: null }));
    // All of one customer, who has them as ended: the first page agrees.
    await recordObjectOwner(
      DB,
      { ...project, mode: "test" },
      { subjectRef: "one", customerId: null },
      objects,
      1,
    );
    const ended = known.map((each) => ({ ...each, status: "unpaid" }));
    const all = [...ended, ...foreign(2, perPage)];
    await setStripe(all, { broken: 1 });
    const auditId = await inserted(project);
    expect(await finished(project, auditId)).toMatchObject({
      status: "running",
      subscriptions: perPage,
      failures: 1,
      lastError: "Stripe: Stripe is down",
    });
    const at = await now();
    const before = await read(project, auditId);
    expect(before.leaseUntil).toBeGreaterThan(at + 5_000);
    await finished(project, auditId);
    expect((await read(project, auditId)).leaseUntil).toBeGreaterThan(at + 15_000);
    await setStripe(all);
    expect(await finished(project, auditId)).toMatchObject({
      status: "finished",
      subscriptions: perPage + 2,
      failures: 0,
      lastError: null,
      counts: { not_imported: 2 },
    });
  });

  it("stops after 30 turns without an answer, and an admin continues it at its place", async () => {
    const project = await newProject();
    await setStripe(foreign(1), { broken: 0 });
    const auditId = await inserted(project);
    for (let turn = 0; turn < 30; turn++) await runAccessAudit(env, keyOf(auditId));
    expect(await read(project, auditId)).toMatchObject({ status: "stopped", failures: 30 });
    await setStripe(foreign(1));
    const { caller } = project.admin;
    expect(await run(resumeAccessAudit, caller, project.place, { auditId })).toEqual({ outcome: "done" });
    await expect.poll(async () => (await read(project, auditId)).status).toBe("finished");
    expect((await findingsOf(auditId)).map(({ class: found }) => found)).toEqual(["not_imported"]);
  });

  it("passes over a customer's unreadable data after three tries, and compares the other customers", async () => {
    const project = await newProject();
    await setStripe(foreign(3));
    const { auditId } = await finished(project, await inserted(project));
    await run(importFindings, project.admin.caller, project.place, { auditId, findingId: null });
    await expect
      .poll(async () => (await read(project, auditId)).status, { timeout: 30_000 })
      .toBe("finished");
    const name = subjectName({ ...project.place, subjectRef: "user_0001" });
    const stub = env.SUBJECT.get(env.SUBJECT.idFromName(name));
    await stub.wake();
    await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("DROP TABLE stripe_records").toArray(),
    );
    await restart(stub);
    const next = await inserted(project);
    expect(await readMoveInFacts(databases, project.place)).toMatchObject({ imported: 3, importedOfLast: 3 });
    for (const failures of [1, 2, 3]) {
      await runAccessAudit(env, keyOf(next));
      expect(await read(project, next)).toMatchObject({
        status: "running",
        failures,
        lastError: "Licenzy could not read or write a customer's data.",
      });
    }
    // The customer has access by the copy in D1, so the last phase tries it again.
    for (let turn = 0; turn < 6; turn++) await runAccessAudit(env, keyOf(next));
    const audit = await read(project, next);
    expect(audit).toMatchObject({ status: "finished", failures: 0, lastError: null, counts: { agrees: 2 } });
    expect(audit.unread).toBeGreaterThan(0);
    expect(await readMoveInFacts(databases, project.place)).toMatchObject({ imported: 3, importedOfLast: 0 });
  });

  it("counts a page once when two workers run the audit while Stripe hangs, and two crons claim it once", async () => {
    const project = await newProject();
    await setStripe(foreign(3));
    const auditId = await inserted(project);
    await DEV.hangStripe(true);
    const calls = await subscriptionLists();
    const first = runAccessAudit(env, keyOf(auditId));
    await expect.poll(subscriptionLists).toBeGreaterThan(calls);
    // The first worker is presumed dead.
    const late = (await now()) + 2 * auditLeaseMs;
    const claim = () => claimAccessAudits(DB, { now: late, leaseUntil: late + auditLeaseMs }, 20);
    const claimed = (await Promise.all([claim(), claim()])).flat();
    expect(claimed.filter(({ jobId }) => jobId === auditId)).toHaveLength(1);
    const second = runAccessAudit(env, keyOf(auditId));
    await DEV.hangStripe(false);
    await Promise.all([first, second]);
    const audit = await finished(project, auditId);
    expect(audit).toMatchObject({ status: "finished", subscriptions: 3, counts: { not_imported: 3 } });
    expect(await findingsOf(auditId)).toHaveLength(3);
  });

  it("stops at once for an operator, and starts once for a form that is sent twice", async () => {
    const project = await newProject();
    await setStripe(foreign(1), { broken: 0 });
    const { caller } = project.admin;
    const auditId = newId("job", await now());
    expect(await run(startAccessAudit, caller, project.place, { auditId })).toMatchObject({
      outcome: "done",
    });
    const twice = await run(startAccessAudit, caller, project.place, { auditId });
    expect(twice).toMatchObject({ reason: "conflict" });
    const other = await run(startAccessAudit, caller, project.place, { auditId: newId("job") });
    expect(other).toMatchObject({ message: expect.stringContaining("Another access audit is at work") });
    expect(await run(stopAccessAudit, caller, project.place, { auditId })).toEqual({ outcome: "done" });
    expect(await read(project, auditId)).toMatchObject({ status: "stopped" });
    expect(await runAccessAudit(env, keyOf(auditId))).toBe(false);
  });

  it("names a customer by the uploaded file, and reports the others as unmapped", async () => {
    const project = await newProject();
    const { actor } = project.admin;
    const audit = {
      actor,
      at: 1,
      action: "access_audit.upload_mapping",
      target: "",
      ...project.place,
    } as const;
    await saveSettings(
      DB,
      project.place,
      { source: "csv", metadataKey: null, dailyHour: null },
      {
        ...audit,
        action: "access_audit.save_settings",
      },
    );
    await replaceMapping(DB, project.place, [{ customerId: "cus_0000", subjectRef: "from file" }], audit);
    await setStripe(foreign(2));
    const auditId = (await finished(project, await inserted(project))).auditId;
    expect(await findingsOf(auditId)).toMatchObject([
      { findingId: "object/sub_0000", class: "not_imported", subjectRef: "from file", action: "import" },
      { findingId: "object/sub_0001", class: "unmapped", subjectRef: null, action: "map" },
    ]);
  });

  it("finds what is allowed by a subscription that Stripe ended, and a lost id of one that is paid", async () => {
    const project = await newProject();
    const [ended, lost] = foreign(2) as [Sold, Sold];
    await setStripe([ended, lost]);
    const found = await readConnection(DB, project.connectionId);
    if (found === null) throw new Error("no connection");
    const cause = { type: "stripe_read" as const, id: "con", because: "test" };
    const context = createConnectionContext(env, found, cause, await now());
    for (const { id, metadata } of [ended, lost])
      await adoptObject(context, metadata?.["user_id"] ?? "", { subscriptionId: id });
    expect((await finished(project, await inserted(project))).counts).toMatchObject({ agrees: 2 });
    await DB.prepare("DELETE FROM stripe_objects WHERE connection_id = ? AND subject_ref = 'user_0001'")
      .bind(project.connectionId)
      .run();
    // The copy says who has access.
    await expect
      .poll(async () => {
        const row = await DB.prepare(
          "SELECT access FROM subjects WHERE project_id = ? AND subject_ref = 'user_0000'",
        )
          .bind(project.projectId)
          .first<{ access: string }>();
        return row?.access;
      })
      .toBe("allowed");
    await setStripe([{ ...ended, status: "canceled" }, lost]);
    const { auditId } = await finished(project, await inserted(project));
    expect(await findingsOf(auditId)).toMatchObject([
      { findingId: "object/sub_0001", class: "not_imported", subjectRef: "user_0001" },
      { findingId: "subject/user_0000", class: "allowed_but_unpaid", action: "sync" },
    ]);
  });
});

describe("a difference that heals while the audit runs", () => {
  it("is no finding: each object is read again before it counts", async () => {
    const project = await newProject();
    const [heals, stays] = foreign(2) as [Sold, Sold];
    await setStripe([heals, stays]);
    const found = await readConnection(DB, project.connectionId);
    if (found === null) throw new Error("no connection");
    const cause = { type: "stripe_read" as const, id: "con", because: "test" };
    const context = createConnectionContext(env, found, cause, await now());
    for (const { id, metadata } of [heals, stays])
      await adoptObject(context, metadata?.["user_id"] ?? "", { subscriptionId: id });
    // Both look unpaid in the list. When they are read by themselves, one is paid.
    const all = [heals, { ...stays, status: "unpaid" }];
    await setStripe(all, { listedAs: { [heals.id]: "unpaid" } });
    const audit = await finished(project, await inserted(project));
    expect(audit.counts).toMatchObject({ agrees: 1, allowed_but_unpaid: 1 });
    expect(await findingsOf(audit.auditId)).toMatchObject([
      { findingId: "subject/user_0001", class: "allowed_but_unpaid", action: "sync" },
    ]);
  });
});

describe("the import of findings", () => {
  const importAll = async (project: Project, auditId: string) =>
    run(importFindings, project.admin.caller, project.place, { auditId, findingId: null });

  async function settled(project: Project, auditId: string, status: string) {
    await expect
      .poll(
        async () => {
          await runAccessAudit(env, keyOf(auditId));
          return (await read(project, auditId)).status;
        },
        { timeout: 60_000 },
      )
      .toBe(status);
  }

  it("holds after the first 20, continues, and gives each customer one entitlement and one audit entry", async () => {
    const project = await newProject();
    await setStripe(foreign(22));
    const { auditId } = await finished(project, await inserted(project));
    expect(await importAll(project, auditId)).toEqual({ outcome: "done" });
    await settled(project, auditId, "held");
    const states = async () => (await findingsOf(auditId)).map(({ importState }) => importState);
    expect((await states()).filter((state) => state === "done")).toHaveLength(20);
    const { caller } = project.admin;
    expect(await run(continueImport, caller, project.place, { auditId })).toEqual({ outcome: "done" });
    await settled(project, auditId, "finished");
    expect(new Set(await states())).toEqual(new Set(["done"]));
    for (const name of ["user_0000", "user_0021"]) {
      const { decision, entitlements } = await readSubject(project, name);
      expect({ allowed: decision.allowed, count: entitlements.length }).toEqual({ allowed: true, count: 1 });
    }
    const audited = await DB.prepare(
      "SELECT count(*) AS count, count(DISTINCT target) AS customers FROM audit_log WHERE project_id = ? AND action = 'customer.import'",
    )
      .bind(project.projectId)
      .first();
    expect(audited).toEqual({ count: 22, customers: 22 });
    expect((await finished(project, await inserted(project))).counts).toMatchObject({
      agrees: 22,
      not_imported: 0,
    });
  }, 90_000);

  it("imported more than 20 before the pause after a crash inside a page", async () => {
    const project = await newProject();
    await setStripe(foreign(23));
    const { auditId } = await finished(project, await inserted(project));
    const [first] = await findingsOf(auditId);
    await DB.prepare(
      "UPDATE access_audit_findings SET import_state = 'done' WHERE audit_id = ? AND finding_id = ?",
    )
      .bind(auditId, first?.findingId)
      .run();
    await importAll(project, auditId);
    await settled(project, auditId, "held");
    const states = (await findingsOf(auditId)).map(({ importState }) => importState);
    expect(states.filter((state) => state === "done")).toHaveLength(20);
    // A repetition after the pause does not hold before it has done anything.
    await DB.batch([
      DB.prepare("UPDATE access_audits SET status = 'finished' WHERE audit_id = ?").bind(auditId),
      DB.prepare("UPDATE access_audit_findings SET import_state = NULL WHERE import_state = 'waiting'"),
    ]);
    await importAll(project, auditId);
    await settled(project, auditId, "finished");
  }, 60_000);

  it("imports once when two workers have the same page, and again after a crash before the row was saved", async () => {
    const project = await newProject();
    await setStripe(foreign(3));
    const { auditId } = await finished(project, await inserted(project));
    await importAll(project, auditId);
    await Promise.all([runAccessAudit(env, keyOf(auditId)), runAccessAudit(env, keyOf(auditId))]);
    await settled(project, auditId, "finished");
    await DB.batch([
      DB.prepare("UPDATE access_audit_findings SET import_state = 'waiting' WHERE audit_id = ?").bind(
        auditId,
      ),
      DB.prepare("UPDATE access_audits SET status = 'importing' WHERE audit_id = ?").bind(auditId),
    ]);
    await settled(project, auditId, "finished");
    const { entitlements } = await readSubject(project, "user_0001");
    expect(entitlements).toHaveLength(1);
    const audited = await DB.prepare(
      "SELECT count(*) AS count FROM audit_log WHERE project_id = ? AND action = 'customer.import'",
    )
      .bind(project.projectId)
      .first();
    expect(audited).toEqual({ count: 3 });
  }, 60_000);

  it("is refused with the list while two customers are named for one Stripe customer", async () => {
    const project = await newProject();
    const all = foreign(2).map((each) => ({ ...each, customer: "cus_same" }));
    await setStripe(all);
    const { auditId } = await finished(project, await inserted(project));
    expect(await importAll(project, auditId)).toMatchObject({
      outcome: "refused",
      message: expect.stringContaining("cus_same: user_0000, user_0001"),
    });
  });

  it("a cancellation between the import's read and its record is not lost", async () => {
    const project = await newProject();
    const [sold] = foreign(1) as [Sold];
    await setStripe([sold]);
    const found = await readConnection(DB, project.connectionId);
    if (found === null) throw new Error("no connection");
    const cause = { type: "stripe_read" as const, id: "con", because: "test" };
    const context = createConnectionContext(env, found, cause, await now());
    let reads = 0;
    const stripe = async () => {
      const client = await context.stripe();
      const { subscriptions } = client;
      const retrieve: typeof subscriptions.retrieve = async (...parameters) => {
        const read = await subscriptions.retrieve(...parameters);
        if (++reads !== 2) return read;
        // Canceled as soon as the first look is over.
        await setStripe([{ ...sold, status: "canceled" }]);
        const canceled = await toSubscription({ ...sold, status: "canceled" });
        const row = await receiveStripeEvent(project, "customer.subscription.deleted", canceled);
        expect(row).toMatchObject({ status: "ignored" });
        return read;
      };
      return Object.create(client, {
        subscriptions: { value: Object.create(subscriptions, { retrieve: { value: retrieve } }) },
      });
    };
    const merged = await adoptObject({ ...context, stripe }, "user_0000", { subscriptionId: sold.id });
    expect(merged.outcome).toBe("merged");
    const { decision } = await readSubject(project, "user_0000");
    expect(decision).toMatchObject({ allowed: false, reason: "subscription_ended" });
  });
});

describe("the daily audit", () => {
  it("starts once a day in live mode at its hour, also when two crons run at once", async () => {
    const project = await newProject("live");
    const day = 24 * 60 * 60_000;
    const at = await now();
    const midnight = at - (at % day) + day;
    const count = async () => {
      const row = await DB.prepare("SELECT count(*) AS count FROM access_audits WHERE project_id = ?")
        .bind(project.projectId)
        .first<{ count: number }>();
      return row?.count;
    };
    const hour = 60 * 60_000;
    const end = () =>
      DB.prepare("UPDATE access_audits SET status = 'finished' WHERE project_id = ?")
        .bind(project.projectId)
        .run();
    await startDailyAudits(env, 0, midnight + 6 * hour - 1, 100);
    const before = await count();
    await end();
    const atHour = () => startDailyAudits(env, 0, midnight + 6 * hour, 100);
    await Promise.all([atHour(), atHour()]);
    expect(await count()).toBe((before ?? 0) + 1);
    await end();
    await startDailyAudits(env, 0, midnight + 7 * hour, 100);
    expect(await count()).toBe((before ?? 0) + 1);
    await startDailyAudits(env, 0, midnight + day + 6 * hour, 100);
    expect(await count()).toBe((before ?? 0) + 2);
  });
});
