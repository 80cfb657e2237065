import type { PlanStatus, Region } from "../../../shared/contract/enums.ts";
import { chooseDatabase } from "../../../shared/db/place-project.ts";
import { newId, newProjectId } from "../../../shared/kit/ids.ts";
import type { RuntimeEnv } from "../../../workers/runtime/env.ts";
import { insertAccountWithProject } from "./insert-project.ts";

export interface NewProject {
  accountName: string;
  name: string;
  region: Region;
  planStatus: PlanStatus;
  successUrl: string | null;
  cancelUrl: string | null;
}

/** Creates a project in a new account. */
export async function createProject(
  env: RuntimeEnv,
  project: NewProject,
  now: number,
): Promise<{ accountId: string; projectId: string }> {
  const accountId = newId("acc", now);
  const projectId = newProjectId(now, await chooseDatabase(env));
  await insertAccountWithProject(
    env.DB,
    {
      accountId,
      name: project.accountName,
      planStatus: project.planStatus,
      // No Keyring exists yet. Creating the first key also writes the plan.
      planSyncedAt: now,
      createdAt: now,
      updatedAt: now,
    },
    {
      projectId,
      accountId,
      name: project.name,
      region: project.region,
      successUrl: project.successUrl,
      cancelUrl: project.cancelUrl,
      createdAt: now,
      updatedAt: now,
    },
  );
  return { accountId, projectId };
}
