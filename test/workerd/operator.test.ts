import { drizzle } from "drizzle-orm/d1";
import { describe, expect, it } from "vitest";
import { createApiKey, revokeApiKey } from "../../shared/contract/operations/api-keys.ts";
import { changeMemberRole } from "../../shared/contract/operations/members.ts";
import type { OperatorCaller } from "../../shared/contract/operations/reply.ts";
import { members } from "../../shared/db/tables/people.ts";
import { newId } from "../../shared/kit/ids.ts";
import { type Authorized, authorize } from "../../shared/operations/authorize.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { changeRole } from "../../workers/portal/db/members.ts";
import { insertFirstOwner } from "../../workers/portal/db/setup.ts";
import { newAccount, newMember } from "./members.ts";
import { run } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const database = drizzle(env.DB);

const key = () => ({ keyId: newId("key"), name: "Backend", expiresAt: null });

async function permitOf(caller: OperatorCaller): Promise<Authorized> {
  const permit = await authorize(env, caller, null, changeMemberRole);
  if (permit.outcome === "refused") throw new Error(permit.message);
  return permit;
}

describe("operator authorization", () => {
  it("the operator entrypoint rejects a session that is unknown, unfinished or expired", async () => {
    const account = await newAccount();
    const place = { projectId: account.projectId, mode: "test" as const };
    const strangers = [
      { sessionToken: "guessed", ipAddress: null },
      (await newMember(account, "owner", { provenAt: null })).caller,
      (await newMember(account, "owner", { expiresAt: new Date(Date.now() - 1) })).caller,
    ];
    for (const caller of strangers)
      expect(await run(createApiKey, caller, place, key())).toMatchObject({ reason: "session_ended" });
  });

  it("the operator entrypoint reads role and membership on each call", async () => {
    const account = await newAccount();
    const place = { projectId: account.projectId, mode: "test" as const };
    const { caller, actor } = await newMember(account, "admin");
    const boss = await newMember(account, "owner");
    expect(await run(createApiKey, caller, place, key())).toMatchObject({ outcome: "done" });
    const change = {
      operatorId: actor.operatorId,
      email: actor.email,
      from: "admin" as const,
      to: "viewer" as const,
    };
    expect(await changeRole(env.DB, await permitOf(boss.caller), change)).toBe(true);
    expect(await run(createApiKey, caller, place, key())).toMatchObject({ reason: "not_allowed" });
    await database.delete(members);
    expect(await run(createApiKey, caller, place, key())).toMatchObject({ reason: "not_allowed" });
  });

  it("live mode requires recent authentication to create a key, but not to revoke one", async () => {
    const account = await newAccount();
    const place = { projectId: account.projectId, mode: "live" as const };
    const made = await run(createApiKey, (await newMember(account, "admin")).caller, place, key());
    const stale = await newMember(account, "admin", { provenAt: new Date(Date.now() - 31 * 60_000) });
    expect(await run(createApiKey, stale.caller, place, key())).toMatchObject({
      reason: "reauthentication_required",
    });
    const keyId = made.outcome === "done" ? made.keyId : "";
    expect(await run(revokeApiKey, stale.caller, place, { keyId })).toEqual({ outcome: "done" });
  });
});

describe("operator audit log", () => {
  it("the audit log records operator, action and IP address when a change succeeds", async () => {
    const account = await newAccount();
    const place = { projectId: account.projectId, mode: "test" as const };
    const { caller, actor } = await newMember(account, "admin");
    const wanted = key();
    const made = await run(createApiKey, caller, place, wanted);
    expect(await run(createApiKey, caller, place, wanted)).toMatchObject({ reason: "conflict" });
    await run(createApiKey, caller, place, { ...key(), name: "" });
    const entries = await listAuditEntries(env.DB, { accountId: account.accountId }, 10);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      action: "api_key.create",
      target: wanted.keyId,
      operatorId: actor.operatorId,
      operatorEmail: actor.email,
      ipAddress: "192.0.2.1",
      projectId: account.projectId,
      mode: "test",
    });
    expect(JSON.stringify(entries)).not.toContain(made.outcome === "done" ? made.apiKey : "");
  });

  it("the audit log records nothing when a change is refused", async () => {
    const account = await newAccount();
    const { actor, caller } = await newMember(account, "owner");
    const change = {
      operatorId: actor.operatorId,
      email: actor.email,
      from: "owner" as const,
      to: "viewer" as const,
    };
    expect(await changeRole(env.DB, await permitOf(caller), change)).toBe(false);
    expect(await listAuditEntries(env.DB, { accountId: account.accountId }, 10)).toEqual([]);
  });
});

describe("insertFirstOwner", () => {
  it("one of three concurrent setups creates the first owner, and the others leave nothing", async () => {
    const tries = [1, 2, 3].map((index) =>
      insertFirstOwner(
        env.DB,
        {
          operatorId: newId("opr"),
          name: "First",
          email: `first-${index}@tests.example`,
          passwordHash: "none",
          account: { accountId: newId("acc"), name: `account of ${index}` },
          project: { projectId: newId("prj"), name: "p", region: "weur" },
          ipAddress: null,
        },
        Date.now(),
      ),
    );
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const { results } = await env.DB.prepare(
      "SELECT name FROM accounts WHERE name LIKE 'account of %'",
    ).all();
    expect(results).toHaveLength(1);
  });
});

describe("list queries", () => {
  it.each([
    ["stripe_events", "project_id = ? AND mode = ? ORDER BY received_at DESC, event_id DESC LIMIT 51"],
    ["subjects", "project_id = ? AND mode = ? ORDER BY created_at DESC, subject_ref DESC LIMIT 51"],
    ["subjects", "project_id = ? AND mode = ? AND subject_ref >= 'a' AND subject_ref < 'b' LIMIT 51"],
    ["products", "project_id = ? AND mode = ? AND product_code > 'A' ORDER BY product_code LIMIT 51"],
    ["audit_log", "account_id = ? ORDER BY audit_id DESC LIMIT 51"],
  ])("a list of %s is read by an index (%s)", async (table, rest) => {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN SELECT * FROM ${table} WHERE ${rest}`)
      .bind(...["x", "test"].slice(0, rest.split("?").length - 1))
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail).join("; ");
    expect(plan).toContain("SEARCH");
    expect(plan).not.toContain("SCAN");
  });
});
