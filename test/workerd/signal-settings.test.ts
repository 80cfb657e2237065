import { beforeEach, describe, expect, it } from "vitest";
import type { Databases } from "../../shared/db/databases.ts";
import type { SignalColumns } from "../../shared/db/signal-settings.ts";
import { readSignalSettings } from "../../shared/db/signal-settings.ts";
import { type SubjectIdentity, subjectName } from "../../shared/domain/subject-name.ts";
import { changeSignalSettings } from "../../workers/runtime/db/signal-settings.ts";
import { sweepTermsRollouts } from "../../workers/runtime/sweeps/terms-rollouts.ts";
import { newConnectedProject, now } from "./connected-project.ts";
import { databases } from "./databases.ts";
import { actor } from "./members.ts";
import { buildConsume, buildPack, buildPurchase, env } from "./subjects.ts";

const budget = () => ({ endBy: Date.now() + 30_000 });

let projectId: string;
beforeEach(async () => {
  await env.DB.exec("DELETE FROM terms_rollouts");
  ({ projectId } = await newConnectedProject());
});

async function change(
  productCode: string | null,
  columns: Partial<SignalColumns>,
  of: Databases = databases,
): Promise<void> {
  const scope = { projectId, mode: "test" as const };
  const after = { lowBalance: null, lowBalanceIn: null, expiringDays: null, ...columns };
  const at = await now();
  const audit = { actor, at, action: "project.set_signals" as const, target: projectId, projectId, after };
  await changeSignalSettings(of, scope, productCode, after, audit);
}

const identityOf = (subjectRef: string): SubjectIdentity => ({
  projectId,
  mode: "test",
  region: "weur",
  subjectRef,
});
const stubOf = (ref: string) => env.SUBJECT.get(env.SUBJECT.idFromName(subjectName(identityOf(ref))));

async function buy(ref: string, units: number, used: number) {
  const stub = stubOf(ref);
  await stub.applyStripe(identityOf(ref), buildPurchase(`cs_${ref}`, buildPack(units), await now()));
  if (used > 0) await stub.consume(identityOf(ref), buildConsume(used, "a"));
  await stub.wake();
}

const noticesOf = async (ref: string) => {
  const view = await stubOf(ref).customerView(identityOf(ref), { before: null, limit: 50 });
  return view.notices.map(({ type }) => type);
};

const rollouts = async () => {
  const query = "SELECT mode, version, status, round, done, total FROM terms_rollouts WHERE project_id = ?";
  return (await env.DB.prepare(query).bind(projectId).all()).results;
};

describe("changed settings of signals reach the customers that a project has", () => {
  it("all of them, each once, and report those who are below the threshold", async () => {
    const refs = Array.from({ length: 25 }, (_, index) => `user_${String(index).padStart(2, "0")}`);
    await Promise.all(refs.map((ref, index) => buy(ref, 100, index % 5 === 0 ? 95 : 5)));
    await change(null, { lowBalance: 10, lowBalanceIn: "percent" });
    expect(await rollouts()).toMatchObject([
      { mode: "live", status: "running", total: 0 },
      { mode: "test", status: "running", total: 25 },
    ]);
    await env.DEV.advance(10_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await noticesOf("user_00")).toEqual(["usage.low"]);
    expect(await noticesOf("user_01")).toEqual([]);
    const heads = await Promise.all(refs.map(async (ref) => (await stubOf(ref).check()).sequence));
    await env.DEV.advance(16 * 60_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await rollouts()).toMatchObject([{ status: "finished" }, { status: "finished", done: 25 }]);
    expect(await Promise.all(refs.map(async (ref) => (await stubOf(ref).check()).sequence))).toEqual(heads);
    await stubOf("user_01").consume(identityOf("user_01"), buildConsume(85, "b"));
    expect(await noticesOf("user_01")).toEqual(["usage.low"]);
  });

  it("the same values again begin no rollout, and others begin it again with a higher version", async () => {
    await buy("user_1", 100, 95);
    await change(null, { expiringDays: 3 });
    const first = await rollouts();
    await change(null, { expiringDays: 3 });
    expect(await rollouts()).toEqual(first);
    const { results } = await env.DB.prepare("SELECT action FROM audit_log WHERE project_id = ?")
      .bind(projectId)
      .all();
    expect(results).toEqual([{ action: "project.set_signals" }]);
    await env.DEV.advance(10_000);
    await sweepTermsRollouts(env, budget(), 0);
    await change(null, { lowBalance: 20, lowBalanceIn: "units", expiringDays: 3 });
    const second = await rollouts();
    expect(second).toMatchObject([{ round: 1 }, { round: 1 }]);
    for (const [index, { version }] of second.entries())
      expect(version).toBeGreaterThan(Number(first[index]?.["version"]));
    await env.DEV.advance(10_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await noticesOf("user_1")).toEqual(["usage.low"]);
  });

  it("a product's own value replaces the project's, 0 is off, and other modes have none of it", async () => {
    const at = await now();
    await env.DB.prepare(
      `INSERT INTO products (project_id, mode, product_code, name, kind, stripe_price_id, units, created_at, updated_at)
       VALUES (?1, 'test', 'CREDITS', 'Credits', 'usage_pack', 'price_1', 100, ?2, ?2)`,
    )
      .bind(projectId, at)
      .run();
    const scope = { projectId, mode: "test" as const };
    expect(await readSignalSettings(env.DB, scope)).toBeNull();
    await change(null, { lowBalance: 10, lowBalanceIn: "percent", expiringDays: 3 });
    const [live] = await rollouts();
    await env.DEV.advance(1);
    await change("CREDITS", { lowBalance: 0, expiringDays: 7 });
    expect(await readSignalSettings(env.DB, scope)).toEqual({
      version: 2,
      project: { lowBalance: { value: 10, in: "percent" }, expiringDays: 3 },
      products: { CREDITS: { lowBalance: null, expiringDays: 7 } },
    });
    expect(await readSignalSettings(env.DB, { projectId, mode: "live" })).toMatchObject({ products: {} });
    const [unchanged, begun] = await rollouts();
    expect(unchanged).toEqual(live);
    expect(begun?.["version"]).toBeGreaterThan(Number(live?.["version"]));
  });

  it("a crash before the settings are saved leaves a rollout that changes no customer", async () => {
    await buy("user_1", 100, 95);
    const before = (await stubOf("user_1").check()).sequence;
    const broken = {
      ...databases,
      control: new Proxy(env.DB, {
        get: (db, name) =>
          name === "batch" ? () => Promise.reject(new Error("D1 is down")) : Reflect.get(db, name).bind?.(db),
      }),
    };
    await expect(change(null, { lowBalance: 20, lowBalanceIn: "units" }, broken)).rejects.toThrow(
      "D1 is down",
    );
    await env.DEV.advance(10_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect((await stubOf("user_1").check()).sequence).toBe(before);
    await change(null, { lowBalance: 20, lowBalanceIn: "units" });
    await env.DEV.advance(10_000);
    await sweepTermsRollouts(env, budget(), 0);
    expect(await noticesOf("user_1")).toEqual(["usage.low"]);
  });
});
