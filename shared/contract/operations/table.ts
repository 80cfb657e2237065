import {
  continueImport,
  importFindings,
  resumeAccessAudit,
  saveAuditSettings,
  startAccessAudit,
  stopAccessAudit,
  uploadMapping,
} from "./access-audits.ts";
import { createAlertChannel, deleteAlertChannel, testAlertChannel } from "./alert-channels.ts";
import { changeAlertRules } from "./alert-rules.ts";
import { assignAlert, finishAlert, snoozeAlert } from "./alerts.ts";
import { createApiKey, revokeApiKey, rotateApiKey } from "./api-keys.ts";
import { createBulkJob, previewBulkJobAgain, startBulkJob, stopBulkJob, undoBulkJob } from "./bulk-jobs.ts";
import { copyProduct, previewCopy } from "./copy-product.ts";
import {
  addNote,
  applyAction,
  applySync,
  deleteNote,
  eraseCustomer,
  exportCustomer,
  findCustomersByEmail,
  findRelatedAtStripe,
  previewAction,
  previewErase,
  previewSync,
  readCustomer,
  readDecision,
} from "./customers.ts";
import { resyncCustomer, startSubjectJob, stopSubjectJob, verifyCustomer } from "./data-check.ts";
import { requeueDelivery, requeueMany, resendDelivery, stopDeliveryJob } from "./deliveries.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  editEndpoint,
  enableEndpoint,
  replayEvents,
  revealSecret,
  rotateSecret,
  sendTestEvent,
} from "./endpoints.ts";
import { previewRetry, retryCustomer } from "./failed-work.ts";
import {
  changeMemberRole,
  createResetLink,
  inviteMember,
  leaveAccount,
  removeMember,
  renewInvitation,
  revokeInvitation,
} from "./members.ts";
import type { Operation } from "./operation.ts";
import { createProducts, listFreePrices } from "./price-import.ts";
import {
  archiveProduct,
  createProduct,
  editProduct,
  listPrices,
  lookUpPrice,
  setAllowance,
} from "./products.ts";
import {
  archiveProject,
  changeProjectSettings,
  createProject,
  setPlan,
  setRateLimit,
  setSignals,
} from "./projects.ts";
import { createRecoveryLink, rotateLinkSecret } from "./recovery-links.ts";
import { clearShadow, compareAccess } from "./shadow.ts";
import {
  changePassword,
  confirmSecondFactor,
  disableSecondFactor,
  enableSecondFactor,
  endSession,
  exportAuditLog,
  linkProvider,
  unlinkProvider,
} from "./sign-in.ts";
import { checkStripe, connectStripe, registerWebhook, retryStripeEvent, setWebhookSecret } from "./stripe.ts";
import { resumeStripeBackfill, stopStripeBackfill } from "./stripe-backfills.ts";

/** Every operation of operators. Permissions, routes, the audit log's actions, docs and tests read this table. */
export const operations = [
  readCustomer,
  readDecision,
  findCustomersByEmail,
  findRelatedAtStripe,
  previewAction,
  applyAction,
  previewSync,
  applySync,
  previewRetry,
  retryCustomer,
  createRecoveryLink,
  addNote,
  deleteNote,
  exportCustomer,
  previewErase,
  eraseCustomer,
  verifyCustomer,
  resyncCustomer,
  startSubjectJob,
  stopSubjectJob,
  createBulkJob,
  undoBulkJob,
  previewBulkJobAgain,
  startBulkJob,
  stopBulkJob,
  startAccessAudit,
  stopAccessAudit,
  resumeAccessAudit,
  importFindings,
  continueImport,
  saveAuditSettings,
  uploadMapping,
  compareAccess,
  clearShadow,
  retryStripeEvent,
  createProduct,
  editProduct,
  archiveProduct,
  setAllowance,
  previewCopy,
  copyProduct,
  listPrices,
  lookUpPrice,
  listFreePrices,
  createProducts,
  createApiKey,
  rotateApiKey,
  revokeApiKey,
  connectStripe,
  checkStripe,
  registerWebhook,
  setWebhookSecret,
  stopStripeBackfill,
  resumeStripeBackfill,
  createEndpoint,
  editEndpoint,
  enableEndpoint,
  disableEndpoint,
  deleteEndpoint,
  revealSecret,
  rotateSecret,
  sendTestEvent,
  replayEvents,
  requeueDelivery,
  resendDelivery,
  requeueMany,
  stopDeliveryJob,
  assignAlert,
  snoozeAlert,
  finishAlert,
  changeAlertRules,
  createAlertChannel,
  deleteAlertChannel,
  testAlertChannel,
  createProject,
  archiveProject,
  changeProjectSettings,
  setRateLimit,
  rotateLinkSecret,
  setSignals,
  setPlan,
  inviteMember,
  renewInvitation,
  revokeInvitation,
  changeMemberRole,
  createResetLink,
  removeMember,
  leaveAccount,
  exportAuditLog,
  changePassword,
  endSession,
  enableSecondFactor,
  confirmSecondFactor,
  disableSecondFactor,
  linkProvider,
  unlinkProvider,
] as const satisfies readonly Operation[];

type OperationInTable = (typeof operations)[number];

/** Actions that begin, renew or end a session, and so run before or next to the operations of one. */
const signInActions = [
  "installation.set_up",
  "member.join",
  "operator.sign_in",
  "operator.sign_out",
  "operator.prove",
  "operator.fail_authentication",
  "operator.use_backup_code",
  "operator.reset_password",
] as const;

export type AuditAction = OperationInTable["audit"][number] | (typeof signInActions)[number];

/** Every action that is written to the audit log, sorted; the log's filter offers them all. */
export const auditActions: readonly AuditAction[] = [
  ...new Set<AuditAction>([
    ...operations.flatMap(({ audit }): readonly AuditAction[] => audit),
    ...signInActions,
  ]),
].toSorted();

/** The operations that one worker executes. */
export type OperationOf<Worker extends Operation["worker"]> = Extract<OperationInTable, { worker: Worker }>;
