import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import type { MoveInFacts } from "../../db/access-audits.ts";

interface Step {
  done: boolean;
  title: string;
  text: string;
  page: string;
  action: string;
}

/** Lists the steps, in the order in which they are done. */
export function buildSteps(facts: MoveInFacts): Step[] {
  const {
    isConnected,
    products,
    source,
    mappedCustomers,
    audit,
    lastAudit,
    imported,
    importedOfLast,
    hasFirstImports,
    hasShadow,
    disagreements,
  } = facts;
  const open = lastAudit?.counts.not_imported ?? 0;
  const unknown = lastAudit?.counts.unknown_price ?? 0;
  const unmapped = lastAudit?.counts.unmapped ?? 0;
  const denied = lastAudit?.counts.paid_but_denied ?? 0;
  const auditPage = audit === null ? "/access-audit" : `/access-audit/${audit.auditId}`;
  // What earlier audits imported is none of what the last one found.
  const isAllImported = lastAudit !== null && open <= importedOfLast && audit?.status === "finished";
  return [
    {
      done: isConnected,
      title: "Connect Stripe",
      text: "Licenzy reads your subscriptions and receives their events.",
      page: "/stripe",
      action: "Connect Stripe",
    },
    {
      done: products > 0 && unknown === 0,
      title: "Map prices to products",
      text:
        unknown === 0
          ? `${formatCount(products)} active ${products === 1 ? "product" : "products"}.`
          : `${formatCount(unknown)} ${unknown === 1 ? "purchase has" : "purchases have"} a price without a product.`,
      page: "/products",
      action: "Map prices",
    },
    {
      done: source !== null && source !== "none" && (source !== "csv" || mappedCustomers > 0),
      title: "Map customers",
      text: "Choose where your own name of each Stripe customer is.",
      page: "/access-audit#mapping",
      action: "Map customers",
    },
    {
      done: lastAudit !== null && unmapped === 0,
      title: "Run the access audit",
      text:
        lastAudit === null
          ? "It lists who would be let in and who would not. It changes no access."
          : unmapped === 0
            ? `${formatCount(open)} not imported when it ran.`
            : `${formatCount(unmapped)} ${unmapped === 1 ? "purchase belongs" : "purchases belong"} to unmapped customers. Map them, then run it again.`,
      page: "/access-audit",
      action: "Run audit",
    },
    {
      done: hasFirstImports || isAllImported,
      title: "Import the first 20",
      text: "The import holds after them. Look at their pages before you continue.",
      page: auditPage,
      action: "Import 20",
    },
    {
      done: isAllImported,
      title: "Import all",
      text: `${formatCount(imported)} ${imported === 1 ? "purchase" : "purchases"} imported so far.`,
      page: auditPage,
      action: "Import all",
    },
    {
      done: hasShadow && disagreements === 0,
      title: "Compare in the shadow",
      text: hasShadow
        ? `${formatCustomers(disagreements)} with a different answer in your app.`
        : "Send your app's own answers for some days, and compare them. Nothing is enforced.",
      page: "/shadow",
      action: "Compare answers",
    },
    {
      done: lastAudit !== null && isAllImported && denied === 0,
      title: "Cut over",
      text: `${formatCount(denied)} paying ${denied === 1 ? "customer" : "customers"} without access. At 0, let your app follow Licenzy.`,
      page: "/go-live",
      action: "View checklist",
    },
  ];
}
