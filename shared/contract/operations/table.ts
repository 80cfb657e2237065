import { createAlertChannel, deleteAlertChannel, testAlertChannel } from "./alert-channels.ts";
import { changeAlertRules } from "./alert-rules.ts";
import { assignAlert, finishAlert, snoozeAlert } from "./alerts.ts";
import { createApiKey, revokeApiKey, rotateApiKey } from "./api-keys.ts";
import { createBulkJob, previewBulkJobAgain, startBulkJob, stopBulkJob, undoBulkJob } from "./bulk-jobs.ts";
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
import { archiveProduct, createProduct, editProduct, listPrices, lookUpPrice } from "./products.ts";
import { archiveProject, changeProjectSettings, createProject, setPlan } from "./projects.ts";
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
import { readStripeProfile } from "./stripe-profile.ts";

/** Every operation of operators. Permissions, routes, the audit log's actions, docs and tests read this table. */
export const operations = [
  readCustomer,
  readDecision,
  findCustomersByEmail,
  findRelatedAtStripe,
  readStripeProfile,
  previewAction,
  applyAction,
  previewSync,
  applySync,
  previewRetry,
  retryCustomer,
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
  retryStripeEvent,
  createProduct,
  editProduct,
  archiveProduct,
  listPrices,
  lookUpPrice,
  createApiKey,
  rotateApiKey,
  revokeApiKey,
  connectStripe,
  checkStripe,
  registerWebhook,
  setWebhookSecret,
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
