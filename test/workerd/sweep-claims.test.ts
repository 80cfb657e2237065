import { drizzle } from "drizzle-orm/d1";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../shared/db/tables/configuration.ts";
import { erasures } from "../../shared/db/tables/records.ts";
import { subjects } from "../../shared/db/tables/subjects.ts";
import { deriveId, newId } from "../../shared/kit/ids.ts";
import type { RuntimeEnv } from "../../workers/runtime/env.ts";
import { buildKey } from "../../workers/runtime/keys/create-key.ts";
import { sweeps } from "../../workers/runtime/sweeps/table.ts";
import { eventually } from "../eventually.ts";
import { newConnectedProject, now } from "./connected-project.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const rows = 60;
const minute = 60_000;

let release = () => {};
afterEach(() => {
  release();
  vi.restoreAllMocks();
});

function endBudget() {
  const at = Date.now() + 2 * minute;
  vi.spyOn(Date, "now").mockImplementation(() => at);
}

/** The bindings of the runtime with objects that answer no call until `release`. */
function hangingEnv(): { hanging: RuntimeEnv; calls: () => number } {
  let calls = 0;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hang = async () => {
    calls++;
    await released;
    return null;
  };
  const stub = new Proxy({}, { get: () => hang });
  const namespace = { idFromName: () => null, get: () => stub };
  const hanging = { ...env, SUBJECT: namespace, KEYRING: namespace } as unknown as RuntimeEnv;
  return { hanging, calls: () => calls };
}

const count = async (query: string) => (await DB.prepare(query).first<number>("count")) ?? 0;

async function insertSubjects(due: { nextExpiryAt: number } | { nextReviewAt: number }) {
  const { projectId } = await newConnectedProject();
  const row = { projectId, mode: "test" as const, region: "weur" as const, headSequence: 1, headHash: "" };
  for (let number = 0; number < rows; number++)
    await drizzle(DB)
      .insert(subjects)
      // The first by key is due the shortest.
      .values({ ...row, ...shift(due, -number), subjectRef: `user_${number + 100}`, createdAt: 0 });
}

const shift = <T extends object>(due: T, by: number) =>
  Object.fromEntries(Object.entries(due).map(([name, at]) => [name, Number(at) + by]));

async function insertKeys() {
  const { projectId } = await newConnectedProject();
  const at = await now();
  for (let number = 0; number < rows; number++) {
    const request = { name: "k", expiresAt: null, keyId: deriveId("key", `${projectId}/${number}`) };
    const { row } = buildKey({ projectId, mode: "test", region: "weur" }, request, at - number);
    await drizzle(DB).insert(apiKeys).values(row);
  }
}

async function insertErasures() {
  const { projectId } = await newConnectedProject();
  const row = {
    projectId,
    mode: "test" as const,
    state: "running" as const,
    operatorId: "o",
    operatorName: "S",
  };
  for (let number = 0; number < rows; number++)
    await drizzle(DB)
      .insert(erasures)
      .values({
        ...row,
        erasureId: newId("ers"),
        subjectRef: `user_${number}`,
        subjectHash: newId("req"),
        askedAt: 1_000 - number,
      });
}

const countSince = (table: string, column: string) => (since: number) =>
  count(`SELECT count(*) AS count FROM ${table} WHERE ${column} >= ${since}`);

describe("a sweep that can't do all that is due", () => {
  it.each([
    ["expiries", 20, () => insertSubjects({ nextExpiryAt: 1_000 }), countSince("subjects", "woken_at")],
    ["reviews", 5, () => insertSubjects({ nextReviewAt: 1_000 }), countSince("subjects", "next_review_at")],
    ["keyrings", 10, insertKeys, countSince("api_keys", "sync_tried_at")],
    ["erasures", 4, insertErasures, countSince("erasures", "tried_at")],
  ] as const)(
    "the sweep of %s claims only the %i that it begins at once",
    async (name, atOnce, insert, countClaimed) => {
      await DB.batch(["subjects", "api_keys", "erasures"].map((table) => DB.prepare(`DELETE FROM ${table}`)));
      await insert();
      const since = await now();
      const { hanging, calls } = hangingEnv();
      const run = sweeps[name](hanging, { endBy: Date.now() + minute }, 0);
      await eventually(() => expect(calls()).toBe(atOnce));
      expect(await countClaimed(since)).toBe(atOnce);
      endBudget();
      release();
      await run;
      expect(await countClaimed(since), "nothing is claimed after the budget").toBe(atOnce);
    },
  );

  it("what is due the longest is first, and not what comes first by its key", async () => {
    await DB.exec("DELETE FROM subjects");
    await insertSubjects({ nextExpiryAt: 1_000 });
    const { hanging, calls } = hangingEnv();
    const run = sweeps.expiries(hanging, { endBy: Date.now() + minute }, 0);
    await eventually(() => expect(calls()).toBe(20));
    const claimed = await DB.prepare(
      "SELECT max(next_expiry_at) AS youngest FROM subjects WHERE woken_at IS NOT NULL",
    ).first<number>("youngest");
    expect(claimed).toBe(1_000 - rows + 20);
    endBudget();
    release();
    await run;
  });
});
