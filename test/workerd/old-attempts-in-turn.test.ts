import { beforeEach, describe, expect, it } from "vitest";
import { dayMs } from "../../shared/domain/entitlement.ts";
import { newId } from "../../shared/kit/ids.ts";
import { removeOldAttempts } from "../../workers/runtime/db/old-attempts.ts";
import { type ConnectedProject, newConnectedProject, now } from "./connected-project.ts";
import { env } from "./subjects.ts";

const { DB } = env;
const limit = 100;
let project: ConnectedProject;

beforeEach(async () => {
  await DB.exec("DELETE FROM checkout_attempts");
  await DB.exec("DELETE FROM sweep_positions");
  await DB.exec("DELETE FROM stripe_connections");
  // Its event list was never read, so each of its open sessions may have been paid.
  project = await newConnectedProject();
  await DB.exec("UPDATE stripe_connections SET created_at = 0");
});

/** Inserts old attempts. Those with an open session must stay. Returns their ids, oldest first. */
async function insertOldAttempts(count: number, status: "created" | "failed"): Promise<string[]> {
  const createdAt = (await now()) - 40 * dayMs;
  const ids = Array.from({ length: count }, () => newId("att", createdAt)).toSorted();
  await DB.prepare(
    `INSERT INTO checkout_attempts (attempt_id, project_id, mode, subject_ref, product_code, connection_id,
       idempotency_key_hash, request_hash, frozen, status, stripe_session_id, expires_at, created_at, updated_at)
     SELECT value, ?2, 'test', value, 'CREDITS', ?3, value, '', '{}', ?4, 'cs_' || value, ?5, ?6, ?6
     FROM json_each(?1)`,
  )
    .bind(JSON.stringify(ids), project.projectId, project.connectionId, status, createdAt + dayMs, createdAt)
    .run();
  return ids;
}

/** Runs the sweep once. Returns what it removed, and the rows that its select read. */
async function sweep(): Promise<{ removed: number; rowsRead: number }> {
  let rowsRead = 0;
  const watched = {
    batch: DB.batch.bind(DB),
    prepare: (query: string) => {
      const statement = DB.prepare(query);
      if (!/^\s*SELECT attempt_id/.test(query)) return statement;
      const bind = (...values: unknown[]) => {
        const bound = statement.bind(...values);
        return {
          all: async () => {
            const result = await bound.all();
            rowsRead += result.meta.rows_read;
            return result;
          },
        };
      };
      return { bind };
    },
  } as unknown as D1Database;
  const at = await now();
  const { attempts } = await removeOldAttempts(
    { control: watched, data: watched },
    { before: at - 30 * dayMs, now: at, limit },
  );
  return { removed: attempts, rowsRead };
}

describe("checkouts that are old and must stay", () => {
  it("they are not read again and again: a run reads one page, and removes what comes after them", async () => {
    await insertOldAttempts(350, "created");
    const removable = await insertOldAttempts(20, "failed");
    let removed = 0;
    for (let run = 0; run < 8; run++) {
      const { rowsRead, ...result } = await sweep();
      removed += result.removed;
      expect(rowsRead).toBeGreaterThan(0);
      // Each row once to list it, and once to find out whether it may go.
      expect(rowsRead).toBeLessThanOrEqual(4 * limit);
    }
    expect(removed).toBe(removable.length);
    expect(await DB.prepare("SELECT count(*) FROM checkout_attempts").first("count(*)")).toBe(350);
  });

  it("they are removed in a later round, once they may go", async () => {
    await insertOldAttempts(150, "created");
    expect((await sweep()).removed).toBe(0);
    await DB.prepare("UPDATE stripe_connections SET swept_to = ?")
      .bind(await now())
      .run();
    expect((await sweep()).removed).toBe(50);
    expect((await sweep()).removed).toBe(100);
  });

  it("of runs that overlap, each looks at other attempts", async () => {
    await insertOldAttempts(150, "failed");
    const runs = await Promise.all([sweep(), sweep(), sweep()]);
    const rest = [await sweep(), await sweep()];
    expect([...runs, ...rest].reduce((sum, { removed }) => sum + removed, 0)).toBe(150);
  });
});
