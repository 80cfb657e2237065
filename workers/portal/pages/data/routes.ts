import { startSubjectJob, stopSubjectJob } from "../../../../shared/contract/operations/data-check.ts";
import { action, form, projectRoot, type Route } from "../../auth/route.ts";
import { startDataJob, stopDataJob } from "./actions.ts";
import { showDataJob } from "./job.tsx";
import { showData } from "./page.tsx";

/** Routes of the data check of all customers. */
export const dataRoutes: readonly Route[] = [
  form(`${projectRoot}/data`, startSubjectJob, showData),
  action(`${projectRoot}/data`, startSubjectJob, startDataJob),
  form(`${projectRoot}/data/:job`, stopSubjectJob, showDataJob),
  action(`${projectRoot}/data/:job/stop`, stopSubjectJob, stopDataJob),
];
