import { type ActionReason, actionReasons } from "../../../../shared/contract/operations/inputs.ts";
import type { AuditAction } from "../../../../shared/contract/operations/table.ts";
import { formatExactTime } from "../time.tsx";
import { formatCount } from "./common.ts";
import { actionReasonLabels } from "./customer.ts";

/** What the operator did. */
export const auditActionLabels: Record<AuditAction, string> = {
  "access_audit.continue_import": "Continued import",
  "access_audit.import": "Started import",
  "access_audit.resume": "Continued access audit",
  "access_audit.save_settings": "Changed access audit settings",
  "access_audit.start": "Started access audit",
  "access_audit.stop": "Stopped access audit",
  "access_audit.upload_mapping": "Uploaded customer mapping",
  "alert.assign": "Assigned alert",
  "alert.finish": "Marked alert done",
  "alert.snooze": "Snoozed alert",
  "alert_channel.create": "Added alert channel",
  "alert_channel.delete": "Deleted alert channel",
  "alert_channel.test": "Sent test message",
  "alert_rules.change": "Changed alert rules",
  "api_key.create": "Created API key",
  "api_key.revoke": "Revoked API key",
  "api_key.rotate": "Rotated API key",
  "audit_log.export": "Exported audit log",
  "bulk_job.create": "Prepared bulk action",
  "bulk_job.preview_again": "Previewed bulk action again",
  "bulk_job.start": "Started bulk action",
  "bulk_job.stop": "Stopped bulk action",
  "bulk_job.undo": "Prepared undo of bulk action",
  "customer.adjust": "Adjusted credits",
  "customer.create_recovery_link": "Created recovery link",
  "customer.erase": "Erased customer",
  "customer.export": "Exported customer data",
  "customer.grant": "Granted access",
  "customer.import": "Imported from Stripe",
  "customer.lift_hold": "Lifted hold",
  "customer.note_add": "Added note",
  "customer.note_delete": "Deleted note",
  "customer.release_reservation": "Released held credits",
  "customer.resync": "Rebuilt search data",
  "customer.retry": "Retried failed events and deliveries",
  "customer.revoke": "Revoked access",
  "customer.sync": "Synced from Stripe",
  "customer.undo": "Undid a change",
  "delivery.requeue": "Retried delivery",
  "delivery.requeue_many": "Retried deliveries",
  "delivery.resend": "Resent event",
  "delivery_job.stop": "Stopped delivery job",
  "endpoint.create": "Added endpoint",
  "endpoint.delete": "Deleted endpoint",
  "endpoint.disable": "Disabled endpoint",
  "endpoint.edit": "Edited endpoint",
  "endpoint.enable": "Enabled endpoint",
  "endpoint.replay": "Replayed events",
  "endpoint.reveal_secret": "Revealed signing secret",
  "endpoint.rotate_secret": "Rotated signing secret",
  "endpoint.send_test": "Sent test event",
  "installation.set_up": "Set up Licenzy",
  "invitation.create": "Invited member",
  "invitation.mail": "Emailed invitation",
  "invitation.renew": "Renewed invitation",
  "invitation.revoke": "Revoked invitation",
  "member.change_role": "Changed role",
  "member.create_reset_link": "Created reset link",
  "member.join": "Joined account",
  "member.leave": "Left account",
  "member.mail_reset_link": "Emailed reset link",
  "member.remove": "Removed member",
  "operator.change_password": "Changed password",
  "operator.disable_second_factor": "Turned off second factor",
  "operator.enable_second_factor": "Turned on second factor",
  "operator.end_session": "Ended sessions",
  "operator.fail_authentication": "Failed authentication",
  "operator.link_provider": "Linked account",
  "operator.prove": "Confirmed identity",
  "operator.reset_password": "Reset password",
  "operator.sign_in": "Signed in",
  "operator.sign_out": "Signed out",
  "operator.unlink_provider": "Unlinked account",
  "operator.use_backup_code": "Used backup code",
  "plan.set": "Changed plan",
  "product.archive": "Archived product",
  "product.create": "Created product",
  "product.edit": "Edited product",
  "product.restore": "Restored product",
  "product.set_allowance": "Changed included units",
  "project.archive": "Archived project",
  "project.change_settings": "Changed settings",
  "project.create": "Created project",
  "project.restore": "Restored project",
  "project.rotate_link_secret": "Rotated link secret",
  "project.set_rate_limit": "Changed rate limit",
  "project.set_signals": "Changed signals",
  "shadow.clear": "Cleared shadow disagreements",
  "stripe.connect": "Connected Stripe",
  "stripe.register_webhook": "Registered Stripe webhook",
  "stripe.set_webhook_secret": "Set Stripe signing secret",
  "stripe_backfill.resume": "Resumed Stripe backfill",
  "stripe_backfill.stop": "Stopped Stripe backfill",
  "stripe_event.retry": "Retried Stripe event",
  "subject_job.resync": "Rebuilt search data of all",
  "subject_job.stop": "Stopped data run",
  "subject_job.verify": "Verified data of all",
};

/** Words an action as the log has it. An action of another version keeps its code. */
export const toActionLabel = (action: string): string =>
  Object.entries(auditActionLabels).find(([code]) => code === action)?.[1] ?? action;

/** Fields with other words than those of their name. */
const fieldLabels: Record<string, string> = {
  how: "Change",
  disabled: "Disabled by",
  causeId: "Cause",
  until: "Snoozed until",
  expiresAt: "Ends",
  durationDays: "Days of access",
  graceDays: "Grace period (days)",
  keepToken: "Kept session",
};

/** Names a field: `productCode` is "Product code". */
export function toFieldLabel(name: string): string {
  const words = name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();
  const label = fieldLabels[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
  return label.replace(/\b(id|url|ip|api)\b/gi, (term) => term.toUpperCase());
}

const isTime = (name: string): boolean => /(At|Until)$|^(until|since)$/.test(name);

/** Formats a field's value: a time in the zone, a number, a list or a reason as the pages show it. */
export function formatFieldValue(name: string, value: unknown, zone: string): string {
  if (value === undefined || value === null || value === "") return "—";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return isTime(name) ? formatExactTime(value, zone) : formatCount(value);
  if (Array.isArray(value)) return value.length === 0 ? "—" : value.map(String).join(", ");
  if (typeof value === "object")
    return Object.entries(value)
      .map(([part, inner]) => `${toFieldLabel(part)}: ${formatFieldValue(part, inner, zone)}`)
      .join(", ");
  const text = String(value);
  return name === "reason" ? formatReason(text) : text;
}

/** The reason is kept as `<choice>: <note>`. */
function formatReason(text: string): string {
  const choice = actionReasons.find((reason: ActionReason) => text.startsWith(`${reason}: `));
  return choice === undefined ? text : `${actionReasonLabels[choice]}: ${text.slice(choice.length + 2)}`;
}
