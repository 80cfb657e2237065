import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { resyncCustomer, verifyCustomer } from "../../shared/contract/operations/data-check.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { editD1Copy, getSubjectStub, newCustomers } from "./customers.ts";
import { newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { buildPack, buildPurchase, env } from "./subjects.ts";

const subjectRef = "user_1";

describe("verifyCustomer and resyncCustomer", () => {
  it("support verifies a customer and rewrites the D1 copy, which the audit log records", async () => {
    const { account, place, named } = await newCustomers(1);
    const { caller, actor } = await newMember(account, "support");
    const verify = () => run(verifyCustomer, caller, place, { subjectRef });
    expect(await verify()).toEqual({ outcome: "done", check: { findings: [], entries: 1, unflushed: 0 } });
    await editD1Copy(named("user_1"));
    expect(await verify()).toMatchObject({ check: { findings: [{ where: "d1", sequence: 1 }] } });
    expect(await run(resyncCustomer, caller, place, { subjectRef })).toMatchObject({
      check: { findings: [] },
    });
    expect(await verify()).toMatchObject({ check: { findings: [] } });
    const audit = await listAuditEntries(env.DB, { accountId: account.accountId }, 5);
    expect(audit).toMatchObject([
      { action: "customer.resync", target: "user_1", operatorId: actor.operatorId },
    ]);
  });

  it("a resync restores a customer who is missing in D1", async () => {
    const { place, admin, named } = await newCustomers(1);
    for (const table of ["subjects", "entitlements"])
      await env.DB.prepare(`DELETE FROM ${table} WHERE project_id = ?`).bind(place.projectId).run();
    expect(await run(verifyCustomer, admin.caller, place, { subjectRef })).toMatchObject({
      check: { findings: [{ message: "the subject is not registered in D1" }, { where: "d1" }] },
    });
    expect(await run(resyncCustomer, admin.caller, place, { subjectRef })).toMatchObject({
      check: { findings: [] },
    });
    expect(await getSubjectStub(named("user_1")).verify()).toMatchObject({ ok: true, entries: 1 });
  });

  it("a resync keeps D1's anchor when the ledger was truncated, so that verify reports it", async () => {
    const { place, admin, named } = await newCustomers(1);
    const identity = named("user_1");
    await getSubjectStub(identity).applyStripe(identity, buildPurchase("more", buildPack(5), Date.now()));
    await getSubjectStub(identity).wake();
    await runInDurableObject(getSubjectStub(identity), (_, { storage }) => {
      storage.sql.exec("DELETE FROM ledger WHERE sequence = 2").toArray();
    });
    expect(await run(resyncCustomer, admin.caller, place, { subjectRef })).toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("was not rebuilt"),
    });
    const check = await run(verifyCustomer, admin.caller, place, { subjectRef });
    expect(check).toMatchObject({
      check: {
        findings: expect.arrayContaining([
          expect.objectContaining({ message: expect.stringContaining("tail was cut") }),
        ]),
      },
    });
  });
});
