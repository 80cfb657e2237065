import {
  continueImport,
  importFindings,
  resumeAccessAudit,
  saveAuditSettings,
  startAccessAudit,
  stopAccessAudit,
  uploadMapping,
} from "../../../../shared/contract/operations/access-audits.ts";
import {
  actionRoute,
  confirmedRoute,
  mappingRoute,
  pageRoute,
  projectRoot,
  type Route,
} from "../../auth/route.ts";
import {
  confirmContinuing,
  confirmImport,
  continueAudit,
  importAll,
  resumeAudit,
  saveSettings,
  startAudit,
  stopAudit,
  uploadCsv,
} from "./actions.ts";
import { showAccessAudit } from "./audit.tsx";
import { showMoveIn } from "./move-in.tsx";
import { showAccessAudits } from "./page.tsx";

const root = `${projectRoot}/access-audit`;
const audit = `${root}/:audit`;

/** Routes of the access audit. */
export const accessAuditRoutes: readonly Route[] = [
  pageRoute(root, "viewer", showAccessAudits),
  actionRoute(root, startAccessAudit, startAudit),
  actionRoute(`${root}/settings`, saveAuditSettings, saveSettings),
  mappingRoute(actionRoute(`${root}/mapping`, uploadMapping, uploadCsv)),
  pageRoute(`${root}/move-in`, "viewer", showMoveIn),
  pageRoute(audit, "viewer", showAccessAudit),
  actionRoute(`${audit}/stop`, stopAccessAudit, stopAudit),
  actionRoute(`${audit}/resume`, resumeAccessAudit, resumeAudit),
  confirmedRoute(actionRoute(`${audit}/import`, importFindings, importAll), confirmImport),
  confirmedRoute(actionRoute(`${audit}/continue`, continueImport, continueAudit), confirmContinuing),
];
