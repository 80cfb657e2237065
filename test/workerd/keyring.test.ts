import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newId } from "../../shared/kit/ids.ts";
import type { KeyRecord } from "../../workers/runtime/keys/keyring.ts";
import { activePlan, env } from "./subjects.ts";

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
