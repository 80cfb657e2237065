import { getTableColumns } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { beforeEach, describe, expect, it } from "vitest";
import { buildResetLink } from "../../scripts/reset-link/command.ts";
import { operations } from "../../shared/contract/operations/table.ts";
import { writeAuditEntry } from "../../shared/db/audit.ts";
import { auditLog } from "../../shared/db/tables/people.ts";
import {
  operatorIdentities,
  operatorSessions,
  secondFactors,
  signInResets,
} from "../../shared/db/tables/sign-in.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { deleteEndedSignIns } from "../../workers/deliveries/db/sign-in-retention.ts";
import { listAuditEntries } from "../../workers/portal/db/audit.ts";
import { changeRole, removeMember } from "../../workers/portal/db/members.ts";
import { insertRequestedReset, insertReset, readReset, useReset } from "../../workers/portal/db/resets.ts";
import { takeTimeStep } from "../../workers/portal/db/second-factors.ts";
import { completeSignIn } from "../../workers/portal/db/sessions.ts";
import { insertSampledRefusal } from "../../workers/portal/db/sign-in-refusals.ts";
import { type Counter, countAttempt, takeBackAttempt } from "../../workers/portal/db/sign-in-throttles.ts";
import { newAccount, newMember } from "./members.ts";
import { runtimeEntrypoint } from "./operator-calls.ts";
import { env } from "./subjects.ts";

const database = drizzle(env.DB);
const minutes = 60_000;

beforeEach(async () => {
  const tables = [
    "sign_in_throttles",
    "sign_in_resets",
    "operator_sessions",
    "operator_identities",
    "second_factors",
  ];
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)));
});

async function readThrottles(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare("SELECT name, failures FROM sign_in_throttles").all<{
    name: string;
    failures: number;
  }>();
  return Object.fromEntries(results.map(({ name, failures }) => [name, failures]));
}

describe("limits of attempts", () => {
  const place: Counter = { name: "place", max: 4 };
  const at = Date.now();

  it("an attempt without room writes nothing, not even under the names that have room", async () => {
    for (let index = 0; index < 4; index++)
      expect(await countAttempt(env.DB, [place, { name: `pair ${index}`, max: 1 }], at)).toBe(true);
    const before = await readThrottles();
    expect(await countAttempt(env.DB, [place, { name: "pair 4", max: 1 }], at)).toBe(false);
    expect(await readThrottles()).toEqual(before);
    // The next window has room again.
    expect(await countAttempt(env.DB, [place], at + 15 * minutes)).toBe(true);
  });

  it("success takes its own attempt back, and does not reset a limit that others share", async () => {
    const own: Counter = { name: "own", max: 4, resets: true };
    for (let index = 0; index < 3; index++) await countAttempt(env.DB, [place, own], at);
    await takeBackAttempt(env.DB, [place, own]);
    expect(await readThrottles()).toEqual({ place: 2 });
  });

  it("of many attempts at the same moment, as many as the limit are admitted", async () => {
    const admitted = await Promise.all(Array.from({ length: 12 }, () => countAttempt(env.DB, [place], at)));
    expect(admitted.filter(Boolean)).toHaveLength(4);
  });

  it("ended windows, sessions and links are deleted, and others stay", async () => {
    const account = await newAccount();
    const { actor } = await newMember(account, "viewer", { expiresAt: new Date(Date.now() - 1) });
    await newMember(account, "viewer");
    await countAttempt(env.DB, [place], at - 15 * minutes);
    await countAttempt(env.DB, [{ name: "present", max: 1 }], at);
    await env.DB.prepare(buildResetLink(actor.email, "https://x.example").sql).run();
    expect(await deleteEndedSignIns(env.DB, at, 100)).toBe(2);
    expect(await readThrottles()).toEqual({ present: 1 });
    expect(await database.select().from(operatorSessions)).toHaveLength(1);
    expect(await deleteEndedSignIns(env.DB, at + 61 * minutes, 100)).toBe(2);
  });
});

describe("audit log", () => {
  it("the database refuses to delete or change an entry, except to empty its values", async () => {
    const { actor } = await newMember(await newAccount(), "owner");
    const entry = {
      actor,
      at: 1,
      action: "plan.set" as const,
      target: "t",
      before: { a: 1 },
      after: { a: 2 },
    };
    await writeAuditEntry(env.DB, entry);
    const [row] = await listAuditEntries(env.DB, { accountId: actor.accountId }, 10);
    const columns = getTableColumns(auditLog);
    const attempts = [
      "DELETE FROM audit_log",
      ...Object.values(columns).map(({ name: column }) => `UPDATE audit_log SET ${column} = 'forged'`),
      "UPDATE audit_log SET before = NULL",
    ];
    for (const attempt of attempts) await expect(env.DB.prepare(attempt).run(), attempt).rejects.toThrow();
    expect(await listAuditEntries(env.DB, { accountId: actor.accountId }, 10)).toEqual([row]);
    await env.DB.prepare("UPDATE audit_log SET target = 'hash', before = NULL, after = NULL").run();
    expect(await listAuditEntries(env.DB, { accountId: actor.accountId }, 10)).toMatchObject([
      { target: "hash", before: null, after: null, operatorName: actor.name },
    ]);
  });
});

describe("refused passwords and codes", () => {
  it("a refusal is written for a member once an hour, and for no one else", async () => {
    const { actor } = await newMember(await newAccount(), "viewer");
    const at = Date.UTC(2026, 0, 1);
    const refuse = (email: string, time: number) =>
      insertSampledRefusal(env.DB, { email, at: time, route: "POST /sign-in", ipAddress: "192.0.2.9" });
    await refuse("unknown@tests.example", at);
    for (const time of [at, at + 1, at + 59 * minutes, at + 61 * minutes]) await refuse(actor.email, time);
    const entries = await listAuditEntries(env.DB, { accountId: actor.accountId }, 10);
    expect(entries.map((entry) => entry.at)).toEqual([at + 61 * minutes, at]);
    expect(entries[1]).toMatchObject({
      action: "operator.fail_authentication",
      operatorId: actor.operatorId,
      operatorEmail: actor.email,
      target: actor.email,
      after: '{"route":"POST /sign-in"}',
      ipAddress: "192.0.2.9",
    });
  });
});

describe("second factor", () => {
  it("of many requests with codes of one time step, one is admitted, and no earlier step ever again", async () => {
    const { actor } = await newMember(await newAccount(), "viewer");
    const { operatorId } = actor;
    const sealed = { secret: "s", backupCodes: "b", verified: true };
    await database.insert(secondFactors).values({ id: operatorId, userId: operatorId, ...sealed });
    const take = (step: number) => takeTimeStep(env.DB, operatorId, step);
    const admitted = await Promise.all([100, 100, 100].map(take));
    expect(admitted.filter(Boolean)).toHaveLength(1);
    expect([await take(99), await take(100), await take(101), await take(101)]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});

describe("a sign-in", () => {
  it("stays incomplete without a code if the second factor was turned on after the password", async () => {
    const { caller, actor } = await newMember(await newAccount(), "viewer", { provenAt: null });
    const factor = { id: actor.operatorId, userId: actor.operatorId, secret: "s", backupCodes: "b" };
    await database.insert(secondFactors).values({ ...factor, verified: true });
    const audit = { actor, at: 1, action: "operator.sign_in" as const, target: actor.email };
    const complete = (withCode: boolean) =>
      completeSignIn(env.DB, caller.sessionToken, { provenAt: Date.now(), withCode }, audit);
    const read = async () =>
      (await database.select({ provenAt: operatorSessions.provenAt }).from(operatorSessions))[0]?.provenAt;
    expect([await complete(false), await read()]).toEqual([false, null]);
    expect(await complete(true)).toBe(true);
    expect(await read()).not.toBeNull();
    const log = await listAuditEntries(env.DB, { accountId: actor.accountId }, 10);
    expect(log).toHaveLength(1);
  });

  it("is complete without a code while a second factor waits for its first one", async () => {
    const { caller, actor } = await newMember(await newAccount(), "viewer", { provenAt: null });
    const factor = { id: actor.operatorId, userId: actor.operatorId, secret: "s", backupCodes: "b" };
    await database.insert(secondFactors).values({ ...factor, verified: false });
    const proof = { provenAt: Date.now(), withCode: false };
    expect(await completeSignIn(env.DB, caller.sessionToken, proof, null)).toBe(true);
  });
});

describe("the last owner's way back", () => {
  it("the SQL of `npm run reset-link` makes a link that sets the password once and turns off the second factor", async () => {
    const { actor } = await newMember(await newAccount(), "owner");
    const { operatorId, email } = actor;
    const sealed = { secret: "s", backupCodes: "b", verified: true };
    await database.insert(secondFactors).values({ id: operatorId, userId: operatorId, ...sealed });
    const lost = buildResetLink(email, "https://licenzy.example");
    const { sql, link } = buildResetLink(email.toUpperCase(), "https://licenzy.example/");
    for (const statement of [lost.sql, sql])
      expect((await env.DB.prepare(statement).run()).meta.changes).toBeGreaterThan(0);
    const hashOf = (url: string) => sha256Hex(url.replace("https://licenzy.example/reset/", ""));
    expect(await readReset(env.DB, hashOf(lost.link), Date.now())).toBeNull();
    expect(await readReset(env.DB, hashOf(link), Date.now() + 61 * minutes)).toBeNull();
    const reset = await readReset(env.DB, hashOf(link), Date.now());
    expect(reset).toMatchObject({ operatorId, endsSecondFactor: true });
    if (reset === null) return;
    const use = () =>
      useReset(env.DB, { ...reset, tokenHash: hashOf(link) }, "new hash", Date.now(), {
        actor,
        at: Date.now(),
        action: "operator.reset_password",
        target: email,
      });
    expect((await Promise.all([use(), use()])).toSorted()).toEqual([false, true]);
    expect(await database.select().from(operatorIdentities)).toMatchObject([
      { userId: operatorId, providerId: "credential", accountId: operatorId, password: "new hash" },
    ]);
    expect(await database.select().from(secondFactors)).toEqual([]);
    expect(await database.select().from(operatorSessions)).toEqual([]);
    const log = await listAuditEntries(env.DB, { accountId: actor.accountId }, 10);
    expect(log.map(({ action }) => action)).toEqual(["operator.reset_password"]);
  });

  it("a stranger's request replaces neither the command's link, an owner's, nor one requested minutes ago", async () => {
    const account = await newAccount();
    const { actor: owner } = await newMember(account, "owner");
    const { actor: operator } = await newMember(account, "owner");
    const { operatorId, email } = operator;
    const at = Date.now();
    const request = (tokenHash: string, now: number) =>
      insertRequestedReset(env.DB, email, { tokenHash, expiresAt: now + 60 * minutes }, now);
    const isOpen = async (tokenHash: string) => (await readReset(env.DB, tokenHash, at)) !== null;

    expect(await request("first", at - 15 * minutes + 1)).toMatchObject({ name: operator.name });
    expect(await request("second", at)).toBeNull();
    expect(await isOpen("first")).toBe(true);
    expect(await request("third", at + 1)).toMatchObject({ name: operator.name });
    expect([await isOpen("first"), await isOpen("third")]).toEqual([false, true]);

    const permit = { outcome: "authorized", actor: owner, role: "owner", now: at, region: null } as const;
    const reset = {
      operatorId,
      tokenHash: "owner's",
      expiresAt: at + 1_440 * minutes,
      endsSecondFactor: true,
    };
    expect(await insertReset(env.DB, permit, reset, email)).toBe(true);
    expect(await request("fourth", at + 1_439 * minutes)).toBeNull();
    expect(await isOpen("owner's")).toBe(true);

    const { sql, link } = buildResetLink(email, "");
    await env.DB.prepare(sql).run();
    expect(await request("fifth", at + 59 * minutes)).toBeNull();
    expect(await isOpen(sha256Hex(link.replace("/reset/", "")))).toBe(true);
    expect(await request("sixth", at + 61 * minutes)).toMatchObject({ name: operator.name });
  });

  it("the SQL of `npm run reset-link` is built for an email address only", () => {
    for (const email of ["x' OR 1=1 --@a.example", "no address", 'a"@b.example', "$(id)@b.example"])
      expect(() => buildResetLink(email, "https://x.example")).toThrow("Enter an email address.");
  });
});

describe("a reset link of an owner", () => {
  const link = (operatorId: string) => ({
    operatorId,
    tokenHash: `hash of ${operatorId}`,
    expiresAt: Date.now() + 60 * minutes,
    endsSecondFactor: false,
  });

  /** Two owners of one account, and the link that the first has created for the second. */
  async function newLink() {
    const account = await newAccount();
    const [{ actor }, { actor: victim }] = [
      await newMember(account, "owner"),
      await newMember(account, "owner"),
    ];
    const permit = { outcome: "authorized", actor, role: "owner", now: Date.now(), region: null } as const;
    const reset = link(victim.operatorId);
    expect(await insertReset(env.DB, permit, reset, victim.email)).toBe(true);
    return { account, permit, actor, victim, reset };
  }

  const countLinks = async () => (await database.select().from(signInResets)).length;
  const owners = { role: "owner" } as const;

  it("does not work when its creator lost the power between opening and sending the form", async () => {
    const { account, actor, victim, reset } = await newLink();
    const found = await readReset(env.DB, reset.tokenHash, Date.now());
    expect(found).toMatchObject({ operatorId: victim.operatorId });
    const move = (accountId: string, role: string) =>
      env.DB.prepare("UPDATE members SET account_id = ?, role = ? WHERE operator_id = ?")
        .bind(accountId, role, actor.operatorId)
        .run();
    const use = () => useReset(env.DB, reset, "new hash", Date.now(), null);
    for (const [accountId, role] of [
      [account.accountId, "admin"],
      ["acc_other", "owner"],
    ] as const) {
      await move(accountId, role);
      expect(await readReset(env.DB, reset.tokenHash, Date.now())).toBeNull();
      expect(await use()).toBe(false);
    }
    expect(await database.select().from(operatorIdentities)).toEqual([]);
    expect(await database.select().from(operatorSessions)).toHaveLength(2);
    await move(account.accountId, "owner");
    expect(await use()).toBe(true);
  });

  it("is not stored for its creator, and does not work for its creator if it was", async () => {
    const { actor, permit, reset } = await newLink();
    const own = { ...reset, operatorId: actor.operatorId, tokenHash: "own", endsSecondFactor: true };
    expect(await insertReset(env.DB, permit, own, actor.email)).toBe(false);
    expect(await countLinks()).toBe(1);
    const stored = { ...own, createdBy: actor.operatorId, createdAt: 0 };
    await database.insert(signInResets).values(stored);
    expect(await readReset(env.DB, "own", Date.now())).toBeNull();
  });

  it("is deleted with the power of its creator and with the membership of its operator", async () => {
    const removed = await newLink();
    await removeMember(env.DB, removed.victim, { ...removed.actor, ...owners }, Date.now());
    expect(await countLinks()).toBe(0);
    const left = await newLink();
    await removeMember(env.DB, left.victim, { ...left.victim, ...owners }, Date.now());
    expect(await countLinks()).toBe(0);
    const demoted = await newLink();
    await changeRole(env.DB, demoted.permit, { ...demoted.actor, from: "owner", to: "admin" });
    expect(await countLinks()).toBe(0);
  });

  it("stays when the last owner can't be removed or demoted", async () => {
    const { account, permit, actor, victim } = await newLink();
    await env.DB.prepare("UPDATE members SET role = 'viewer' WHERE operator_id = ?")
      .bind(victim.operatorId)
      .run();
    expect(await removeMember(env.DB, actor, { ...actor, ...owners }, Date.now())).toBe(false);
    expect(await changeRole(env.DB, permit, { ...actor, from: "owner", to: "admin" })).toBe(false);
    expect(await countLinks()).toBe(1);
    await newMember(account, "owner");
    expect(await removeMember(env.DB, actor, { ...actor, ...owners }, Date.now())).toBe(true);
    expect(await countLinks()).toBe(0);
  });
});

describe("where a change is written", () => {
  const required = operations.filter(
    ({ worker, recentAuth }) => worker === "runtime" && recentAuth !== "never",
  );

  it.each(required.map((operation) => [operation.name, operation] as const))(
    "%s is refused to an operator who authenticated long ago",
    async (_name, operation) => {
      const account = await newAccount();
      const { caller } = await newMember(account, "owner", {
        provenAt: new Date(Date.now() - 31 * minutes),
      });
      const scope =
        operation.scope === "project" ? { projectId: account.projectId, mode: "live" as const } : null;
      const call = { operation: operation.name, caller, scope, input: {} };
      expect(await runtimeEntrypoint.run(call)).toMatchObject({ reason: "reauthentication_required" });
    },
  );
});
