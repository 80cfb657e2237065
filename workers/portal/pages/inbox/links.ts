import type { AlertRule } from "../../../../shared/contract/alerts.ts";
import { rotateApiKey } from "../../../../shared/contract/operations/api-keys.ts";
import { requeueMany } from "../../../../shared/contract/operations/deliveries.ts";
import type { Operation } from "../../../../shared/contract/operations/operation.ts";
import { mayRun } from "../../auth/may-run.ts";
import type { InboxItem } from "../../db/alerts.ts";
import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";

interface Link {
  label: string;
  href: string;
}

interface AlertLinks {
  /** The page of what the alert is about. */
  object: Link;
  /** Where it can be fixed; `null` when there is nothing to do, or the operator's role does not allow it. */
  action: Link | null;
}

type Build = (c: PortalContext, alert: Pick<InboxItem, "rule" | "objectId" | "subjectRef">) => AlertLinks;

const customer: Build = (c, { subjectRef }) => {
  const href = buildCustomerPath(c, subjectRef ?? "");
  return { object: { label: subjectRef ?? "Customer", href }, action: { label: "Review customer", href } };
};

const ifAllowed = (c: PortalContext, operation: Operation, label: string, page: string): Link | null =>
  mayRun(c, operation) ? { label, href: buildPath(c, page) } : null;

const builders: Record<AlertRule, Build> = {
  stripe_webhook_silent: (c) => ({
    object: { label: "Stripe", href: buildPath(c, "/stripe") },
    action: { label: "Check webhook", href: buildPath(c, "/stripe#webhook") },
  }),
  stripe_event_failed: (c, { objectId }) => {
    const href = buildPath(c, `/events?status=failed&type=${encodeURIComponent(objectId)}`);
    return { object: { label: objectId, href }, action: { label: "Review events", href } };
  },
  sweep_failing: (c, { objectId }) =>
    objectId.startsWith("sweep:")
      ? { object: { label: "Overview", href: buildPath(c) }, action: null }
      : {
          object: { label: "Stripe", href: buildPath(c, "/stripe") },
          action: { label: "Check connection", href: buildPath(c, "/stripe") },
        },
  endpoint_failing: (c, { objectId }) => ({
    object: { label: "Endpoint", href: buildPath(c, `/webhooks/${objectId}`) },
    action: {
      label: "View responses",
      href: buildPath(c, `/deliveries?endpoint=${objectId}&status=trouble`),
    },
  }),
  delivery_given_up: (c, { objectId }) => ({
    object: {
      label: "Failed deliveries",
      href: buildPath(c, `/deliveries?endpoint=${objectId}&status=dead`),
    },
    action: ifAllowed(
      c,
      requeueMany,
      "Retry deliveries…",
      `/deliveries/requeue?endpoint=${objectId}&status=dead`,
    ),
  }),
  copy_behind: (c) => ({
    object: { label: "Data integrity", href: buildPath(c, "/data") },
    action: { label: "Verify data", href: buildPath(c, "/data") },
  }),
  key_expiring: (c, { objectId }) => ({
    object: { label: "API keys", href: buildPath(c, "/keys") },
    action: ifAllowed(c, rotateApiKey, "Rotate key…", `/keys/${objectId}/rotate`),
  }),
  dispute_opened: customer,
  denials_unusual: (c) => ({
    object: { label: "Overview", href: buildPath(c) },
    action: { label: "View denials", href: buildPath(c, "?period=48h#checks") },
  }),
  unknown_price: (c, alert) => ({
    ...customer(c, alert),
    action: { label: "Review products", href: buildPath(c, "/products") },
  }),
  access_audit_disagrees: (c) => {
    const href = buildPath(c, "/access-audit");
    return { object: { label: "Access audit", href }, action: { label: "Review findings", href } };
  },
  paid_without_access: customer,
  duplicate_subscription: customer,
  past_due: customer,
};

export const buildAlertLinks: Build = (c, alert) => builders[alert.rule](c, alert);
