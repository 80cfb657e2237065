import { startSubjectJob, stopSubjectJob } from "../../../../shared/contract/operations/data-check.ts";
import { actionRoute, formRoute, projectRoot, type Route } from "../../auth/route.ts";
import { startDataJob, stopDataJob } from "./actions.ts";
import { showDataJob } from "./job.tsx";
import { showData } from "./page.tsx";

/** Routes of the data check of all customers. */
export const dataRoutes: readonly Route[] = [
  formRoute(`${projectRoot}/data`, startSubjectJob, showData),
  actionRoute(`${projectRoot}/data`, startSubjectJob, startDataJob),
  formRoute(`${projectRoot}/data/:job`, stopSubjectJob, showDataJob),
  actionRoute(`${projectRoot}/data/:job/stop`, stopSubjectJob, stopDataJob),
];
