import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { sql } from "../../scripts/deploy/sql.ts";

const rows = async (statement: string) => (await env.DB.prepare(statement).all()).results;

describe("the statements of the deployment commands, on a migrated database", () => {
  it("each read runs", async () => {
    for (const statement of [
      sql.listTables,
      sql.findOperatorsTable,
      sql.findOperator,
      sql.lastEvaluation,
      sql.newestEvents,
      sql.findSettingsTable,
      sql.sealedByStripeKeys,
      sql.sealedByWebhookKeys,
    ])
      await expect(rows(statement)).resolves.toBeInstanceOf(Array);
    expect((await rows(sql.listMigrations)).length).toBeGreaterThan(10);
    expect(await rows(sql.findOperatorsTable)).toEqual([{ found: 1 }]);
  });

  it("one holder has the lock until it is released or has run out", async () => {
    await env.DB.prepare(sql.createLock).run();
    expect(await rows(sql.claimLock("dana 1"))).toEqual([{ holder: "dana 1" }]);
    expect(await rows(sql.claimLock("eve 2"))).toEqual([]);
    expect(await rows(sql.claimLock("dana 1"))).toEqual([{ holder: "dana 1" }]);
    expect(await rows(sql.readLock)).toMatchObject([{ holder: "dana 1" }]);
    await env.DB.prepare(sql.releaseLock("eve 2")).run();
    expect(await rows(sql.claimLock("eve 2"))).toEqual([]);
    await env.DB.prepare("UPDATE deploy_lock SET until = unixepoch() - 1").run();
    expect(await rows(sql.claimLock("eve 2"))).toEqual([{ holder: "eve 2" }]);
    await env.DB.prepare(sql.releaseLock("eve 2")).run();
    expect(await rows(sql.readLock)).toEqual([]);
  });

  it("the settings are stored as they are, and a later deployment replaces them", async () => {
    expect(await rows(sql.findSettingsTable)).toEqual([]);
    await env.DB.prepare(sql.createSettings).run();
    expect(await rows(sql.findSettingsTable)).toEqual([{ found: 1 }]);
    const quoted = JSON.stringify({ mailFrom: "o'neil@müller.example", note: '"; DROP TABLE operators; --' });
    for (const settings of ["{}", quoted]) {
      await env.DB.prepare(sql.storeSettings(settings)).run();
      expect(await rows(sql.readSettings)).toEqual([{ settings }]);
    }
    expect(await rows(sql.listTables)).not.toContainEqual({ name: "deploy_settings" });
  });

  it("a key that sealed an alert channel or the secret of an endpoint is not retired", async () => {
    const sealed = (keyId: string) => JSON.stringify({ keyId });
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO alert_channels (channel_id, project_id, mode, kind, address_sealed, address_hint, secret_sealed, created_at)
         VALUES ('chn_sealed', 'prj_sealed', 'live', 'slack', ?1, 'hooks.example/…abcd', NULL, 1)`,
      ).bind(sealed("k7")),
      env.DB.prepare(
        `INSERT INTO endpoints (endpoint_id, project_id, mode, url, description, event_types, signing_secrets, created_at, updated_at)
         VALUES ('ep_sealed', 'prj_sealed', 'live', 'https://a.example', '', '[]', ?1, 1, 1)`,
      ).bind(JSON.stringify([{ sealed: sealed("k8"), signsUntil: null }])),
    ]);
    expect(await rows(sql.sealedByWebhookKeys)).toEqual(
      expect.arrayContaining([
        { what: "the alert channel hooks.example/…abcd of prj_sealed, live", key: "k7" },
        { what: "the endpoint https://a.example", key: "k8" },
      ]),
    );
  });

  it("every sealed column of D1 is in the list of what a wrapping key has sealed", async () => {
    const columns: string[] = [];
    for (const { name: table } of await rows(sql.listTables))
      for (const { name } of await rows(`SELECT name FROM pragma_table_info('${String(table)}')`))
        if (/sealed|^signing_secrets$/.test(String(name))) columns.push(`${String(table)}.${String(name)}`);
    expect(columns.toSorted()).toEqual([
      "alert_channels.address_sealed",
      // Sealed with the address.
      "alert_channels.secret_sealed",
      "endpoints.signing_secrets",
      "recovery_link_secrets.secret_sealed",
      // By SIGN_IN_SECRET, which is not rotated.
      "second_factors.backup_codes_sealed",
      "second_factors.secret_sealed",
      "stripe_connections.api_key_sealed",
      "stripe_connections.webhook_secret_sealed",
    ]);
    for (const table of ["alert_channels", "endpoints"]) expect(sql.sealedByWebhookKeys).toContain(table);
    for (const table of ["recovery_link_secrets", "stripe_connections"])
      expect(sql.sealedByStripeKeys).toContain(table);
  });

  it("no value can break out of its quotes", () => {
    expect(() => sql.claimLock("x'; DROP TABLE operators; --")).toThrow("not quotable");
  });
});
