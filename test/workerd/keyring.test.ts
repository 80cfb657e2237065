import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { type Mode, modes } from "../../shared/contract/enums.ts";
import { defaultRateLimit } from "../../shared/contract/rate-limits.ts";
import { readKey } from "../../shared/db/api-keys.ts";
import { sha256Hex } from "../../shared/kit/hash.ts";
import { newId } from "../../shared/kit/ids.ts";
import { readPlan, readProjectWithPlan, writeRateLimit } from "../../workers/runtime/db/accounts.ts";
import { createKey } from "../../workers/runtime/keys/create-key.ts";
import {
  type KeyRecord,
  type KeyringPlan,
  type KeyringSettings,
  keyringName,
} from "../../workers/runtime/keys/keyring.ts";
import { rotateKey } from "../../workers/runtime/keys/rotate-key.ts";
import { setPlanStatus } from "../../workers/runtime/keys/set-plan.ts";
import { setProjectRateLimit } from "../../workers/runtime/keys/set-rate-limit.ts";
import { syncKeyrings } from "../../workers/runtime/keys/sync-keyrings.ts";
import { newConnectedProject, now } from "./connected-project.ts";
import { actor } from "./members.ts";
import { activePlan, env } from "./subjects.ts";

const dayMs = 86_400_000;

function fail(): never {
  throw new Error("the key is not in D1");
}

const withPlan = (plan: KeyringPlan): KeyringSettings => ({ ...activePlan, plan });
const withLimit = (requests: number | null, version: number): KeyringSettings => ({
  ...activePlan,
  limit: { requests, version },
});

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
    await keyring.put([], withPlan({ status: "lapsed", version: 5 }));
    await keyring.put([buildKey()], withPlan({ status: "active", version: 4 }));
    expect(await keyring.find("hash")).toMatchObject({ plan: "lapsed" });
    await keyring.put([], withPlan({ status: "trial", version: 6 }));
    expect(await keyring.find("hash")).toMatchObject({ plan: "trial" });
  });

  it("an older rate limit does not overwrite a newer one, and no limit is the default", async () => {
    const keyring = newKeyring();
    await keyring.put([buildKey()], activePlan);
    expect(await keyring.find("hash")).toMatchObject({ rateLimit: defaultRateLimit });
    await keyring.put([], withLimit(500, 5));
    await keyring.put([buildKey({ version: 2 })], withLimit(100, 4));
    expect(await keyring.find("hash")).toMatchObject({ rateLimit: 500 });
    await keyring.put([], withLimit(5_000, 6));
    expect(await keyring.find("hash")).toMatchObject({ rateLimit: 5_000 });
  });

  it("the sweep sends a rate limit that a crash kept from the Keyrings, in both modes", async () => {
    const { projectId } = await newConnectedProject();
    const at = await now();
    const hashes: [Mode, string][] = [];
    for (const mode of modes) {
      const created = await createKey(env, projectId, mode, { name: "k", expiresAt: null }, at);
      hashes.push([mode, sha256Hex(created?.apiKey ?? "")]);
    }
    const audit = { actor, at, action: "project.set_rate_limit" as const, target: projectId, projectId };
    // The call ended after its write to D1.
    await writeRateLimit(env.DB, projectId, 500, at, audit);
    const read = () =>
      Promise.all(
        hashes.map(async ([mode, hash]) => {
          const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, mode)));
          return (await keyring.find(hash))?.rateLimit;
        }),
      );
    expect(await read()).toEqual([defaultRateLimit, defaultRateLimit]);
    const sweep = () => syncKeyrings(env, { endBy: Date.now() + 10_000 });
    await Promise.all([sweep(), sweep()]);
    expect(await read()).toEqual([500, 500]);
    await setProjectRateLimit(env, projectId, 5_000, at, audit);
    expect(await read()).toEqual([5_000, 5_000]);
    const unsynced = env.DB.prepare(
      "SELECT count(*) FROM projects WHERE project_id = ?1 AND rate_limit_synced_at IS NULL",
    );
    expect(await unsynced.bind(projectId).first("count(*)")).toBe(0);
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
    await keyring.put(
      [buildKey({ version: 1, expiresAt: 3_000 })],
      withPlan({ status: "lapsed", version: 1 }),
    );
    expect(await keyring.find("hash")).toMatchObject({ expiresAt: 3_000, plan: "lapsed" });
  });
});
