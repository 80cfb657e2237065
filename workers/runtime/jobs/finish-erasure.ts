import type { ErasureRow } from "../../../shared/db/erasures.ts";
import { readProjectSettings } from "../../../shared/db/projects.ts";
import { currentTime } from "../../../shared/kit/clock.ts";
import { eraseNextPart } from "../db/erase-customer.ts";
import { finishErasure as markErased } from "../db/erasures.ts";
import type { RuntimeEnv } from "../env.ts";
import { callSubject } from "../subject-stub.ts";

/** A run ends here, and the next minute's goes on: a large inbox takes longer than one may. */
const budgetMs = 20_000;
const partsPerRun = 150;

/**
 * Keeps the promise of an erasure, or a part of it (docs/protocols/erase.md). Returns whether it is kept. Safe to repeat, also
 * by two at once: each step finds what the one before left, and does nothing where nothing is left.
 */
export async function finishErasure(env: RuntimeEnv, row: ErasureRow): Promise<boolean> {
  const { erasureId, askedAt, subjectRef, projectId, mode } = row;
  if (subjectRef === null) return true;
  const project = await readProjectSettings(env.DB, projectId);
  if (project === null) throw new Error("the project of the erasure is not there");
  const identity = { projectId, mode, subjectRef, region: project.region };
  // First the object: after that nothing new of the customer can come to D1 from it.
  await callSubject(env, identity, (subject) => subject.erase({ erasureId, requestedAt: askedAt }));
  const startedAt = Date.now();
  const erasure = { ...row, subjectRef };
  for (let parts = 0; parts < partsPerRun && Date.now() - startedAt < budgetMs; parts++) {
    if (await eraseNextPart(env.DB, erasure)) continue;
    await markErased(env.DB, erasureId, await currentTime(env.DEV));
    return true;
  }
  return false;
}
