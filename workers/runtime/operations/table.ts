import type { Implementations } from "../../../shared/operations/implement.ts";
import type { RuntimeEnv } from "../env.ts";
import * as accessAudits from "./access-audits.ts";
import * as apiKeys from "./api-keys.ts";
import * as bulkJobs from "./bulk-jobs.ts";
import * as productCopy from "./copy-product.ts";
import * as dataCheck from "./customers/data-check.ts";
import * as erasure from "./customers/erase.ts";
import { exportFile } from "./customers/export.ts";
import { findRelated } from "./customers/find-related.ts";
import * as manualAction from "./customers/manual-action.ts";
import * as notes from "./customers/notes.ts";
import * as customers from "./customers/read.ts";
import * as failedWork from "./customers/retry.ts";
import * as stripeSync from "./customers/sync.ts";
import * as plan from "./plan.ts";
import * as priceImport from "./price-import.ts";
import { setAllowance } from "./product-allowance.ts";
import * as products from "./products.ts";
import * as rateLimit from "./rate-limit.ts";
import * as recoveryLinks from "./recovery-links.ts";
import * as shadow from "./shadow.ts";
import * as signals from "./signals.ts";
import * as stripe from "./stripe.ts";
import * as stripeBackfills from "./stripe-backfills.ts";
import * as stripeEvents from "./stripe-events.ts";
import * as subjectJobs from "./subject-jobs.ts";

/** The function that executes each of the runtime's operations. */
export const runtimeOperations: Implementations<RuntimeEnv, "runtime"> = {
  "customer.read": customers.read,
  "customer.read_decision": customers.readPastDecision,
  "customer.find_by_email": customers.findByEmail,
  "customer.find_related_at_stripe": findRelated,
  "customer.preview_action": manualAction.preview,
  "customer.apply_action": manualAction.apply,
  "customer.preview_sync": stripeSync.preview,
  "customer.sync": stripeSync.apply,
  "customer.preview_retry": failedWork.preview,
  "customer.retry": failedWork.retry,
  "customer.create_recovery_link": recoveryLinks.create,
  "customer.note_add": notes.add,
  "customer.note_delete": notes.remove,
  "customer.export": exportFile,
  "customer.preview_erase": erasure.preview,
  "customer.erase": erasure.erase,
  "customer.verify": dataCheck.verify,
  "customer.resync": dataCheck.resync,
  "subject_job.start": subjectJobs.start,
  "subject_job.stop": subjectJobs.stop,
  "bulk_job.create": bulkJobs.create,
  "bulk_job.undo": bulkJobs.undo,
  "bulk_job.preview_again": bulkJobs.previewAgain,
  "bulk_job.start": bulkJobs.start,
  "bulk_job.stop": bulkJobs.stop,
  "access_audit.start": accessAudits.start,
  "access_audit.stop": accessAudits.stop,
  "access_audit.resume": accessAudits.resume,
  "access_audit.import": accessAudits.importAll,
  "access_audit.continue_import": accessAudits.continueHeld,
  "access_audit.save_settings": accessAudits.save,
  "access_audit.upload_mapping": accessAudits.upload,
  "shadow.compare": shadow.compare,
  "shadow.clear": shadow.clear,
  "stripe_event.retry": stripeEvents.retry,
  "product.create": products.create,
  "product.edit": products.edit,
  "product.archive": products.archive,
  "product.set_allowance": setAllowance,
  "product.preview_copy": productCopy.preview,
  "product.copy_to_live": productCopy.copy,
  "price.list": products.list,
  "price.look_up": products.lookUp,
  "price.list_free": priceImport.listFree,
  "product.create_many": priceImport.createMany,
  "api_key.create": apiKeys.create,
  "api_key.rotate": apiKeys.rotate,
  "api_key.revoke": apiKeys.revoke,
  "stripe.connect": stripe.connect,
  "stripe.check": stripe.check,
  "stripe.register_webhook": stripe.register,
  "stripe.set_webhook_secret": stripe.setSecret,
  "stripe_backfill.stop": stripeBackfills.stop,
  "stripe_backfill.resume": stripeBackfills.resume,
  "project.set_rate_limit": rateLimit.set,
  "project.rotate_link_secret": recoveryLinks.rotate,
  "project.set_signals": signals.set,
  "plan.set": plan.set,
};
