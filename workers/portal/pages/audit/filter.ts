import type { AuditFilter } from "../../../../shared/db/audit.ts";
import { dayMs } from "../../../../shared/domain/entitlement.ts";
import type { PortalContext } from "../../request-context.ts";

/** Every action that is written to the audit log; the filter offers them. */
export const auditActions = [
  "api_key.create",
  "api_key.revoke",
  "api_key.rotate",
  "customer.resync",
  "delivery.requeue",
  "delivery.requeue_many",
  "delivery.resend",
  "delivery_job.stop",
  "endpoint.create",
  "endpoint.delete",
  "endpoint.disable",
  "endpoint.edit",
  "endpoint.enable",
  "endpoint.replay",
  "endpoint.reveal_secret",
  "endpoint.rotate_secret",
  "endpoint.send_test",
  "installation.set_up",
  "invitation.create",
  "invitation.mail",
  "invitation.renew",
  "invitation.revoke",
  "member.change_role",
  "member.join",
  "member.leave",
  "member.remove",
  "operator.change_password",
  "operator.disable_second_factor",
  "operator.enable_second_factor",
  "operator.end_session",
  "plan.set",
  "product.archive",
  "product.create",
  "product.edit",
  "product.restore",
  "project.archive",
  "project.change_settings",
  "project.create",
  "project.restore",
  "stripe.connect",
  "stripe.register_webhook",
  "stripe.set_webhook_secret",
  "stripe_event.retry",
  "subject_job.resync",
  "subject_job.stop",
  "subject_job.verify",
] as const;

/** What the address asks for: days are days in UTC, the last one whole. */
export function filterOf(c: PortalContext): { filter: AuditFilter; values: Record<string, string> } {
  const { action = "", who: typed = "", project = "", from = "", to = "" } = c.req.query();
  const who = typed.trim().toLowerCase();
  const [start, end] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${to}T00:00:00Z`)];
  const filter: AuditFilter = {
    accountId: c.get("member").accountId,
    ...(action === "" ? {} : { action }),
    ...(who === "" ? {} : { operatorEmail: who }),
    ...(project === "" ? {} : { projectId: project }),
    ...(Number.isNaN(start) ? {} : { from: start }),
    ...(Number.isNaN(end) ? {} : { to: end + dayMs - 1 }),
  };
  return { filter, values: { action, who, project, from, to } };
}
