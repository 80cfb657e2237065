import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readKey } from "../../shared/db/api-keys.ts";
import type { Actor } from "../../shared/db/audit.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { newId } from "../../shared/kit/ids.ts";
import { readPlan, readProjectWithPlan } from "../../workers/runtime/db/accounts.ts";
import { createKey } from "../../workers/runtime/keys/create-key.ts";
import { type KeyRecord, keyringName } from "../../workers/runtime/keys/keyring.ts";
import { rotateKey } from "../../workers/runtime/keys/rotate-key.ts";
import { setPlanStatus } from "../../workers/runtime/keys/set-plan.ts";
import { newConnectedProject, now } from "./connected-project.ts";
import { activePlan, env } from "./subjects.ts";

const actor: Actor = {
  accountId: "acc_1",
  operatorId: "opr_1",
  name: "Sam",
  email: "sam@tests.example",
  ipAddress: null,
};
const dayMs = 86_400_000;

function fail(): never {
  throw new Error("the key is not in D1");
}

const newKeyring = () => env.KEYRING.get(env.KEYRING.idFromName(newId("prj")));

const buildKey = (change: Partial<KeyRecord> = {}): KeyRecord => ({
  keyId: "key_1",
  keyHash: "hash",
  expiresAt: null,
  revokedAt: null,
  version: 1,
  ...change,
});

describe("Keyring", () => {
  it("a key's older state does not overwrite a newer one when two changes overtake each other", async () => {
    const keyring = newKeyring();
    await keyring.put([buildKey({ version: 2, expiresAt: 2_000 })], activePlan);
    await keyring.put([buildKey({ version: 1, expiresAt: null })], activePlan);
    expect(await keyring.find("hash")).toMatchObject({ expiresAt: 2_000 });
    await keyring.put([buildKey({ version: 3, expiresAt: 1_000 })], activePlan);
    expect(await keyring.find("hash")).toMatchObject({ expiresAt: 1_000 });
  });

  it("an older plan does not overwrite a newer one when a key is written late", async () => {
    const keyring = newKeyring();
    await keyring.put([], { status: "lapsed", version: 5 });
    await keyring.put([buildKey()], { status: "active", version: 4 });
    expect(await keyring.find("hash")).toMatchObject({ plan: "lapsed" });
    await keyring.put([], { status: "trial", version: 6 });
    expect(await keyring.find("hash")).toMatchObject({ plan: "trial" });
  });

  it("a change after D1 was restored to an earlier time replaces what the Keyring holds", async () => {
    const { projectId } = await newConnectedProject();
    const at = await now();
    const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test")));
    const created = await createKey(env, projectId, "test", { name: "k", expiresAt: null }, at);
    const { keyId = "", apiKey = "" } = created ?? {};
    const backup = await readKey(env.DB, keyId);
    const { accountId } = await readProjectWithPlan(env.DB, projectId);
    const planBackup = await readPlan(env.DB, accountId);
    // What D1 loses: three rotations, of which each shortens the overlap, and three changes of the plan.
    for (const day of [9, 8, 7]) {
      const old = await readKey(env.DB, keyId);
      const rotation = { newKeyId: newId("key"), overlapMs: day * dayMs };
      await rotateKey(env, old ?? fail(), rotation, at + 10_000 - day, actor);
    }
    for (const [index, plan] of (["trial", "active", "lapsed"] as const).entries())
      await setPlanStatus(env, accountId, plan, at + index);
    expect(await keyring.find(sha256Hex(apiKey))).toMatchObject({ plan: "lapsed" });
    await env.DB.batch([
      env.DB.prepare("UPDATE api_keys SET version = ?2, expires_at = NULL WHERE key_id = ?1").bind(
        keyId,
        backup?.version,
      ),
      env.DB.prepare(
        "UPDATE accounts SET plan_version = ?2, plan_status = 'active' WHERE account_id = ?1",
      ).bind(accountId, planBackup.version),
    ]);
    const later = at + 3_600_000;
    await setPlanStatus(env, accountId, "trial", later);
    const restored = await readKey(env.DB, keyId);
    await rotateKey(env, restored ?? fail(), { newKeyId: newId("key"), overlapMs: dayMs }, later, actor);
    expect(await keyring.find(sha256Hex(apiKey))).toMatchObject({ plan: "trial", expiresAt: later + dayMs });
  });

  it("a revocation applies and stays whatever the versions say", async () => {
    const keyring = newKeyring();
    await keyring.put([buildKey({ version: 9 })], activePlan);
    await keyring.put([buildKey({ version: 2, revokedAt: 1_000 })], activePlan);
    expect(await keyring.find("hash")).toBeNull();
    await keyring.put([buildKey({ version: 10 })], activePlan);
    expect(await keyring.find("hash")).toBeNull();
  });

  it("a Keyring of the previous release takes versions", async () => {
    const keyring = newKeyring();
    await runInDurableObject(keyring, (_, { storage }) => {
      storage.sql.exec(`
        CREATE TABLE settings (id INTEGER PRIMARY KEY CHECK (id = 1), plan TEXT NOT NULL, rate_limit INTEGER);
        CREATE TABLE keys (
          key_hash TEXT PRIMARY KEY, key_id TEXT NOT NULL, expires_at INTEGER, revoked_at INTEGER
        ) WITHOUT ROWID;
        INSERT INTO settings (id, plan) VALUES (1, 'active');
        INSERT INTO keys VALUES ('hash', 'key_1', NULL, NULL);
      `);
    });
    await keyring.put([buildKey({ version: 1, expiresAt: 3_000 })], { status: "lapsed", version: 1 });
    expect(await keyring.find("hash")).toMatchObject({ expiresAt: 3_000, plan: "lapsed" });
  });
});
