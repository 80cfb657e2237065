import { describe, expect, it } from "vitest";
import {
  continueImport,
  importFindings,
  stopAccessAudit,
} from "../../shared/contract/operations/access-audits.ts";
import { runAccessAudit } from "../../workers/runtime/jobs/run-access-audit.ts";
import {
  findingsOf,
  finished,
  foreign,
  inserted,
  newProject,
  type Project,
  read,
  type Sold,
  setStripe,
} from "./audited-project.ts";
import { readSubject } from "./connected-project.ts";
import { keyOf } from "./databases.ts";
import { run } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const { DB } = env;

/** A finished report that lists the first `listed` of its findings. The others are only counted, as above 1,000. */
async function reported(all: Sold[], listed: number) {
  const project = await newProject();
  await setStripe(all);
  const { auditId, counts } = await finished(project, await inserted(project));
  await DB.prepare(
    `DELETE FROM access_audit_findings WHERE audit_id = ?1 AND finding_id NOT IN
       (SELECT finding_id FROM access_audit_findings WHERE audit_id = ?1 ORDER BY finding_id LIMIT ?2)`,
  )
    .bind(auditId, listed)
    .run();
  return { project, auditId, counts };
}

const start = ({ admin, place }: Project, auditId: string) =>
  run(importFindings, admin.caller, place, { auditId, findingId: null });
const goOn = ({ admin, place }: Project, auditId: string) =>
  run(continueImport, admin.caller, place, { auditId });

/** Runs turns until the import has the status. The operation itself runs the first in the background. */
async function settled(project: Project, auditId: string, status: string) {
  await expect
    .poll(
      async () => {
        await runAccessAudit(env, keyOf(auditId));
        return (await read(project, auditId)).status;
      },
      { timeout: 100_000 },
    )
    .toBe(status);
  return read(project, auditId);
}

async function countImports({ projectId }: Project) {
  return DB.prepare(
    "SELECT count(*) AS count, count(DISTINCT target) AS customers FROM audit_log WHERE project_id = ? AND action = 'customer.import'",
  )
    .bind(projectId)
    .first();
}

async function expectOneEntitlementEach(project: Project, all: Sold[]) {
  for (const { metadata } of all) {
    const { decision, entitlements } = await readSubject(project, metadata?.["user_id"] ?? "");
    expect({ allowed: decision.allowed, count: entitlements.length }).toEqual({ allowed: true, count: 1 });
  }
}

describe("an import of more purchases than a report lists", () => {
  it("holds after the first 20 of all, reads Stripe again for the others, and needs no second round", async () => {
    const all = foreign(23);
    const { project, auditId, counts } = await reported(all, 2);
    expect(counts).toMatchObject({ not_imported: 23 });
    expect(await start(project, auditId)).toEqual({ outcome: "done" });
    expect(await settled(project, auditId, "held")).toMatchObject({ importDone: 18, importFailed: 0 });
    expect(await countImports(project)).toEqual({ count: 20, customers: 20 });
    expect(await goOn(project, auditId)).toEqual({ outcome: "done" });
    expect(await settled(project, auditId, "finished")).toMatchObject({
      importPhase: "done",
      importDone: 21,
      importing: null,
    });
    expect(await countImports(project)).toEqual({ count: 23, customers: 23 });
    // Nothing beyond the list is stored.
    expect(await findingsOf(auditId)).toHaveLength(2);
    await expectOneEntitlementEach(project, all);
    expect((await finished(project, await inserted(project))).counts).toMatchObject({
      agrees: 23,
      not_imported: 0,
    });
    expect(await start(project, auditId)).toMatchObject({
      outcome: "refused",
      message: "Nothing of this access audit can be imported.",
    });
  }, 200_000);

  it("counts a purchase once after a crash between its import and the count, at every place", async () => {
    const all = foreign(3);
    const { project, auditId } = await reported(all, 0);
    await start(project, auditId);
    await settled(project, auditId, "finished");
    for (const [index, { id, customer, metadata }] of all.entries()) {
      const note = {
        findingId: `object/${id}`,
        subjectRef: metadata?.["user_id"],
        stripeId: id,
        customerId: customer,
        productCode: null,
        cursor: id,
      };
      // As the crash has left it: imported, noted, and not counted.
      await DB.prepare(
        `UPDATE access_audits SET status = 'importing', import_phase = 'subscriptions', import_done = ?2,
           import_cursor = ?3, importing = ?4 WHERE audit_id = ?1`,
      )
        .bind(auditId, index, all[index - 1]?.id ?? "", JSON.stringify(note))
        .run();
      expect(await settled(project, auditId, "finished")).toMatchObject({ importDone: index + 1 });
    }
    await expectOneEntitlementEach(project, all);
    expect(await countImports(project)).toEqual({ count: 3, customers: 3 });
  }, 120_000);

  it("imports and counts once when two workers run it, and an operator stops and continues it", async () => {
    const all = foreign(4);
    const { project, auditId } = await reported(all, 0);
    await start(project, auditId);
    const { caller } = project.admin;
    await Promise.all([
      runAccessAudit(env, keyOf(auditId)),
      runAccessAudit(env, keyOf(auditId)),
      expect
        .poll(async () => (await read(project, auditId)).importDone, { timeout: 30_000, interval: 20 })
        .toBeGreaterThan(0)
        .then(() => run(stopAccessAudit, caller, project.place, { auditId })),
    ]);
    const stopped = await read(project, auditId);
    if (stopped.status === "held") await goOn(project, auditId);
    expect(await settled(project, auditId, "finished")).toMatchObject({ importDone: 4, importFailed: 0 });
    await expectOneEntitlementEach(project, all);
    expect(await countImports(project)).toEqual({ count: 4, customers: 4 });
  }, 120_000);

  it("imports none of a Stripe customer for whom two customers are named", async () => {
    const [first, second, other] = foreign(3) as [Sold, Sold, Sold];
    const all = [{ ...first, customer: "cus_same" }, { ...second, customer: "cus_same" }, other];
    const { project, auditId } = await reported(all, 0);
    await start(project, auditId);
    expect(await settled(project, auditId, "finished")).toMatchObject({ importDone: 1, importFailed: 2 });
    await expectOneEntitlementEach(project, [other]);
    for (const name of ["user_0000", "user_0001"])
      expect((await readSubject(project, name)).entitlements).toEqual([]);
  }, 60_000);
});
