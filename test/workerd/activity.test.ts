import { drizzle } from "drizzle-orm/d1";
import { describe, expect, it } from "vitest";
import { insertAccountWithProject } from "../../dev/entries/runtime/insert-project.ts";
import { apiKeys } from "../../shared/db/tables/configuration.ts";
import { generateApiKey, parseApiKey } from "../../shared/kit/api-key.ts";
import { newId } from "../../shared/kit/ids.ts";
import { app } from "../../workers/runtime/app.ts";
import { keyringName } from "../../workers/runtime/keys/keyring.ts";
import { eventually } from "../eventually.ts";
import { now } from "./connected-project.ts";
import { activePlan, buildPack, buildPurchase, env, newSubject } from "./subjects.ts";

async function callerOf(projectId: string) {
  const at = await now();
  const created = { createdAt: at, updatedAt: at };
  const [accountId, keyId] = [newId("acc"), newId("key")];
  await insertAccountWithProject(
    env.DB,
    { accountId, name: "a", planStatus: "active", planSyncedAt: at, ...created },
    { projectId, accountId, name: "p", region: "weur", ...created },
  );
  const apiKey = generateApiKey("test", "weur", projectId);
  const keyHash = parseApiKey(apiKey)?.hash ?? "";
  await drizzle(env.DB)
    .insert(apiKeys)
    .values({ keyId, projectId, mode: "test", name: "k", keyHash, hint: "lz_test_…", createdAt: at });
  const keyring = env.KEYRING.get(env.KEYRING.idFromName(keyringName(projectId, "test")));
  await keyring.put([{ keyId, keyHash, expiresAt: null, revokedAt: null, version: 1 }], activePlan);
  const check = (subject_ref: string, bindings = env) =>
    app.fetch(
      new Request("http://runtime/v1/access/check", {
        method: "POST",
        headers: { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" },
        body: JSON.stringify({ subject_ref }),
      }),
      bindings,
    );
  const lastUsedAt = async () =>
    (
      await env.DB.prepare("SELECT last_used_at AS at FROM api_keys WHERE key_id = ?")
        .bind(keyId)
        .first<{ at: number | null }>()
    )?.at;
  return { check, lastUsedAt };
}

/** Returns the checks of a project by their answer. */
async function checksOf(projectId: string): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT detail, sum(value) AS value FROM hourly_counts WHERE project_id = ? AND metric = 'checks' GROUP BY 1",
  )
    .bind(projectId)
    .all<{ detail: string; value: number }>();
  return Object.fromEntries(results.map(({ detail, value }) => [detail, value]));
}

/** Wraps the runtime's D1 to count its transactions, and to fail them while `isAway`. */
function watchedD1() {
  const watch = { batches: 0, isAway: false };
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== "function") return member;
      if (name !== "batch") return member.bind(target);
      return async (statements: D1PreparedStatement[]) => {
        watch.batches++;
        if (watch.isAway) throw new Error("D1_ERROR: away");
        return target.batch(statements);
      };
    },
  });
  return { watch, bindings: { ...env, DB } };
}

describe("activity counters", () => {
  it("the runtime counts checks without D1 and writes them in one transaction", async () => {
    const { identity, stub } = newSubject();
    const { projectId } = identity;
    await stub.applyStripe(identity, buildPurchase("counted", buildPack(10), await now()));
    const { check, lastUsedAt } = await callerOf(projectId);
    const { watch, bindings } = watchedD1();
    for (let index = 0; index < 40; index++)
      await check(index % 4 === 0 ? "stranger" : identity.subjectRef, bindings);
    expect(watch.batches).toBe(0);
    await eventually(async () =>
      expect(await checksOf(projectId)).toEqual({ allowed: 30, no_entitlement: 10 }),
    );
    expect(watch.batches).toBe(1);
    expect(Math.abs((await now()) - ((await lastUsedAt()) ?? 0))).toBeLessThan(10_000);
  });

  it("the runtime keeps its counts while D1 is down and writes them with the next ones", async () => {
    const projectId = newId("prj");
    const { check } = await callerOf(projectId);
    const { watch, bindings } = watchedD1();
    watch.isAway = true;
    await check("stranger", bindings);
    await eventually(() => expect(watch.batches).toBe(1));
    watch.isAway = false;
    await check("stranger", bindings);
    await eventually(async () => expect(await checksOf(projectId)).toEqual({ no_entitlement: 2 }));
  });
});
