import { env } from "cloudflare:workers";
import type { JobKey } from "../../shared/contract/messages.ts";
import type { Databases } from "../../shared/db/databases.ts";
import { newProjectId } from "../../shared/kit/ids.ts";

/** The databases of a project in the first data database, which is the control database. */
export const databases: Databases = { control: env.DB, data: env.DB };

/** The key of a job there. Only the database follows from the project. */
export const keyOf = (jobId: string): JobKey => ({ projectId: newProjectId(0, 0), jobId });
