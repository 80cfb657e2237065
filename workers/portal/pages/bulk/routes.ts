import {
  createBulkJob,
  previewBulkJobAgain,
  startBulkJob,
  stopBulkJob,
  undoBulkJob,
} from "../../../../shared/contract/operations/bulk-jobs.ts";
import { actionRoute, formRoute, listRoute, pageRoute, projectRoot, type Route } from "../../auth/route.ts";
import { createJob, previewAgain, startJob, stopJob, undoJob } from "./actions.ts";
import { showNewJob } from "./form.tsx";
import { showBulkJob } from "./job.tsx";
import { showBulkJobs } from "./page.tsx";
import { selectCustomers } from "./select.ts";

const job = `${projectRoot}/bulk/:job`;

/** Routes of actions on many customers. */
export const bulkRoutes: readonly Route[] = [
  pageRoute(`${projectRoot}/bulk`, "viewer", showBulkJobs),
  listRoute(actionRoute(`${projectRoot}/bulk`, createBulkJob, createJob)),
  formRoute(`${projectRoot}/bulk/new`, createBulkJob, showNewJob),
  // Recent authentication is required from here, so that nothing interrupts the rest.
  listRoute(actionRoute(`${projectRoot}/bulk/new`, createBulkJob, selectCustomers)),
  pageRoute(job, "viewer", showBulkJob),
  actionRoute(`${job}/start`, startBulkJob, startJob),
  actionRoute(`${job}/stop`, stopBulkJob, stopJob),
  actionRoute(`${job}/preview`, previewBulkJobAgain, previewAgain),
  actionRoute(`${job}/undo`, undoBulkJob, undoJob),
];
