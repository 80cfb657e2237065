import { forwardAudit } from "../../../shared/db/audit-outbox.ts";
import { databasesOf, dataOf } from "../../../shared/db/databases.ts";
import type { ErasureRow } from "../../../shared/db/erasures.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { databaseNumberOf } from "../../../shared/kit/ids.ts";
import { eraseNextPart } from "../db/erase-customer.ts";
import { finishErasure as markErased } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";

/** The longest run. The next minute's sweep continues, because a large inbox takes longer than one run may. */
const budgetMs = 20_000;
const partsPerRun = 150;

/**
 * Deletes the data of an erasure, or a part of it (docs/protocols/erase.md). Returns whether all of it is deleted. Safe
 * to repeat and to run twice at the same time: each step looks for rows that remain.
 */
export async function finishErasure(env: RuntimeEnv, row: ErasureRow): Promise<boolean> {
  const { erasureId, askedAt, subjectRef, projectId, mode } = row;
  if (subjectRef === null) return true;
  const startedAt = Date.now();
  const project = await readProjectSettings(env.DB, projectId);
  if (project === null) throw new Error("the project of the erasure is not there");
  const identity = { projectId, mode, subjectRef, region: project.region };
  // Erase the object first: it then writes no more data of the customer to D1.
  await callSubject(env, identity, (subject) => subject.erase({ erasureId, requestedAt: askedAt }), budgetMs);
  // Entries on their way to the log are in it before its step blanks them.
  await forwardAudit(env, databaseNumberOf(projectId));
  const erasure = { ...row, subjectRef };
  for (let parts = 0; parts < partsPerRun && Date.now() - startedAt < budgetMs; parts++) {
    if (await eraseNextPart(databasesOf(env, row), erasure)) continue;
    await markErased(dataOf(env, row), erasureId, await currentTime(env.DEV));
    return true;
  }
  return false;
}
