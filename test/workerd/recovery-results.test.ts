import { beforeEach, describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import { buildPaidStatements } from "../../workers/runtime/db/recovery-results.ts";
import { eventually } from "../eventually.ts";
import { now } from "./endpoints.ts";
import { buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

type Subject = ReturnType<typeof newSubject>;

let subject: Subject;
beforeEach(() => {
  subject = newSubject();
});

async function insertLink({ createdAt, openedAt }: { createdAt: number; openedAt: number | null }) {
  const { projectId, mode, subjectRef } = subject.identity;
  const linkId = newId("lnk", createdAt);
  await env.DB.prepare(
    `INSERT INTO recovery_links (link_id, project_id, mode, subject_ref, reason, secret_version, created_at, expires_at,
       operator_id, operator_name, opened_at) VALUES (?, ?, ?, ?, 'no_entitlement', 1, ?, ?, 'opr_1', 'Sam', ?)`,
  )
    .bind(linkId, projectId, mode, subjectRef, createdAt, createdAt + dayMs, openedAt)
    .run();
  return linkId;
}

async function insertRequest(key: string, createdAt: number, reason: string | null = "no_entitlement") {
  const { projectId, mode, subjectRef } = subject.identity;
  await env.DB.prepare(
    `INSERT INTO recovery_requests (project_id, mode, subject_ref, key_hash, request_hash, request_id, created_at, reason)
     VALUES (?, ?, ?, ?, '', '', ?, ?)`,
  )
    .bind(projectId, mode, subjectRef, key, createdAt, reason)
    .run();
}

const ofSubject = () => {
  const { projectId, mode, subjectRef } = subject.identity;
  return [projectId, mode, subjectRef];
};

async function paidRows(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT link_id AS id FROM recovery_links WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND paid_at IS NOT NULL
     UNION ALL SELECT key_hash FROM recovery_requests
     WHERE project_id = ?1 AND mode = ?2 AND subject_ref = ?3 AND paid_at IS NOT NULL`,
  )
    .bind(...ofSubject())
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

async function counts(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    `SELECT metric, sum(value) AS value FROM hourly_counts
     WHERE project_id = ? AND metric LIKE 'recovery%' AND detail = 'no_entitlement' GROUP BY metric`,
  )
    .bind(subject.identity.projectId)
    .all<{ metric: string; value: number }>();
  return Object.fromEntries(results.map(({ metric, value }) => [metric, value]));
}

const flushed = () => eventually(async () => expect((await subject.stub.verify()).unflushed).toBe(0));

/** Stripe reports a payment, and D1 has it. */
async function pays(name: string): Promise<void> {
  await subject.stub.applyStripe(subject.identity, buildPurchase(name, buildPack(10), await now()));
  await subject.stub.wake();
  await flushed();
}

describe("a way back that was paid", () => {
  it("is the newest link that was opened before access was gained, once", async () => {
    const at = await now();
    await insertRequest("requested", at - 5);
    await insertLink({ createdAt: at - 50, openedAt: at - 40 });
    const opened = await insertLink({ createdAt: at - 30, openedAt: at - 20 });
    await insertLink({ createdAt: at - 10, openedAt: null });
    await pays("first");
    expect(await paidRows()).toEqual([opened]);
    await pays("second");
    await subject.stub.resync();
    expect(await paidRows()).toEqual([opened]);
    expect(await counts()).toEqual({ recovery_offered: 4, recovery_paid: 1 });
  });

  it("is the app's newest offer where no link was opened, and never a request that offered nothing", async () => {
    const at = await now();
    await insertRequest("older", at - 30);
    await insertRequest("offered", at - 20);
    await insertRequest("allowed", at - 10, null);
    await insertLink({ createdAt: at - 10, openedAt: null });
    await pays("first");
    expect(await paidRows()).toEqual(["offered"]);
  });

  it("is none that was opened after access was gained, or more than 30 days before", async () => {
    const at = await now();
    await insertLink({ createdAt: at - 31 * dayMs, openedAt: at - 31 * dayMs });
    await insertLink({ createdAt: at, openedAt: at + dayMs });
    await pays("first");
    expect(await paidRows()).toEqual([]);
  });

  it("is none where an operator gave access", async () => {
    const at = await now();
    await insertLink({ createdAt: at - 20, openedAt: at - 10 });
    const event = { eventId: newId("evt"), type: "access.gained" as const, sequence: 1, occurredAt: at };
    const from = (source: string) => ({ ...event, body: JSON.stringify({ data: { source } }) });
    expect(buildPaidStatements(env.DB, subject.identity, [from("portal"), from("system")])).toEqual([]);
    expect(buildPaidStatements(env.DB, subject.identity, [from("stripe")])).toHaveLength(2);
  });

  it("events that are sent to D1 again mark nothing more", async () => {
    const at = await now();
    const first = await insertLink({ createdAt: at - 50, openedAt: at - 40 });
    const body = JSON.stringify({ data: { source: "stripe" } });
    const event = {
      eventId: newId("evt"),
      type: "access.gained" as const,
      sequence: 1,
      occurredAt: at,
      body,
    };
    for (let times = 0; times < 3; times++)
      await env.DB.batch(buildPaidStatements(env.DB, subject.identity, [event]));
    expect(await paidRows()).toEqual([first]);
    expect((await counts())["recovery_paid"]).toBe(1);
  });
});
