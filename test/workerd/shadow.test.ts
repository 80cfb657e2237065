import { describe, expect, it } from "vitest";
import { hashSubjectName } from "../../shared/db/erasures.ts";
import { newId } from "../../shared/kit/ids.ts";
import { deleteOldShadow } from "../../workers/deliveries/db/retention.ts";
import { addCheckCounts, type Disagreement } from "../../workers/runtime/db/check-counts.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const at = 1_700_000_000_000;

interface Row {
  subjectRef: string;
  appAllowed: number;
  reason: string | null;
  at: number;
}

class ShadowScope {
  readonly projectId = newId("prj");

  disagreement(subjectRef: string, change: Partial<Disagreement> = {}): Disagreement {
    const { projectId } = this;
    return { projectId, mode: "test", subjectRef, appAllowed: true, reason: "no_entitlement", at, ...change };
  }

  add(...disagreements: Disagreement[]): Promise<void> {
    return addCheckCounts(DB, { counts: [], disagreements }, at);
  }

  async rows(): Promise<Row[]> {
    const { results } = await DB.prepare(
      `SELECT subject_ref AS subjectRef, app_allowed AS appAllowed, reason, at FROM shadow_disagreements
       WHERE project_id = ? ORDER BY subject_ref`,
    )
      .bind(this.projectId)
      .all<Row>();
    return results;
  }

  async fill(count: number): Promise<void> {
    await DB.prepare(
      `INSERT INTO shadow_disagreements (project_id, mode, subject_ref, app_allowed, reason, at)
       WITH RECURSIVE number(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM number WHERE value < ?2)
       SELECT ?1, 'test', 'full_' || value, 1, 'no_entitlement', ?3 FROM number`,
    )
      .bind(this.projectId, count, at)
      .run();
  }
}

describe("disagreements of shadow checks", () => {
  it("keeps the latest of each customer, whatever the order of writes", async () => {
    const scope = new ShadowScope();
    await scope.add(scope.disagreement("user_1"), scope.disagreement("user_2"));
    await scope.add(scope.disagreement("user_1", { appAllowed: false, reason: null, at: at + 2 }));
    await scope.add(scope.disagreement("user_1", { reason: "revoked", at: at + 1 }));
    expect(await scope.rows()).toEqual([
      { subjectRef: "user_1", appAllowed: 0, reason: null, at: at + 2 },
      { subjectRef: "user_2", appAllowed: 1, reason: "no_entitlement", at },
    ]);
  });

  it("keeps at most 10,000 customers of a project and mode, and those up to date", async () => {
    const scope = new ShadowScope();
    await scope.fill(9_998);
    await scope.add(
      scope.disagreement("new_1"),
      scope.disagreement("new_2", { at: at + 1 }),
      scope.disagreement("new_3", { at: at + 2 }),
      scope.disagreement("full_1", { reason: "revoked", at: at + 3 }),
      scope.disagreement("new_1", { mode: "live" }),
    );
    await scope.add(
      scope.disagreement("new_4", { at: at + 4 }),
      scope.disagreement("full_2", { at: at + 5 }),
    );
    const rows = await scope.rows();
    expect(rows.length).toBe(10_001);
    expect(rows.map(({ subjectRef }) => subjectRef)).not.toContain("new_3");
    expect(rows.filter(({ subjectRef }) => subjectRef === "new_1").length).toBe(2);
    expect(rows.find(({ subjectRef }) => subjectRef === "full_1")).toMatchObject({ reason: "revoked" });
    expect(rows.find(({ subjectRef }) => subjectRef === "full_2")).toMatchObject({ at: at + 5 });
  });

  it.each([
    ["running", at - 1, 0],
    ["done", at, 0],
    ["done", at - 1, 1],
  ])("writes nothing about a customer with an erasure that is %s since %i", async (state, askedAt, kept) => {
    const scope = new ShadowScope();
    const hash = hashSubjectName(scope.disagreement("user_1"));
    await DB.prepare(
      `INSERT INTO erasures (erasure_id, project_id, mode, subject_hash, state, asked_at, operator_id, operator_name)
       VALUES (?, ?, 'test', ?, ?, ?, '', '')`,
    )
      .bind(crypto.randomUUID(), scope.projectId, hash, state, askedAt)
      .run();
    await scope.add(scope.disagreement("user_1"));
    expect((await scope.rows()).length).toBe(kept);
  });

  it("forgets a disagreement after its retention, the oldest first", async () => {
    const scope = new ShadowScope();
    await scope.add(scope.disagreement("old", { at: 1 }), scope.disagreement("older", { at: 0 }));
    await scope.add(scope.disagreement("new"));
    await deleteOldShadow(DB, 2, 1);
    expect((await scope.rows()).map(({ subjectRef }) => subjectRef)).toEqual(["new", "old"]);
    await deleteOldShadow(DB, 2, 10);
    expect((await scope.rows()).map(({ subjectRef }) => subjectRef)).toEqual(["new"]);
  });
});
