import { formatCustomers } from "../../components/labels/bulk.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, PageHead } from "../../components/parts.tsx";
import { type MoveInFacts, readMoveInFacts } from "../../db/access-audits.ts";
import { buildPath, getDatabases, getScope, type PortalContext } from "../../request-context.ts";

interface Step {
  done: boolean;
  title: string;
  text: string;
  page: string;
  action: string;
}

/** Lists the steps of moving existing subscribers to Licenzy. Each is computed on every request. */
export async function showMoveIn(c: PortalContext) {
  const steps = buildSteps(await readMoveInFacts(getDatabases(c), getScope(c)));
  const done = steps.filter((step) => step.done).length;
  return renderPage(
    c,
    { title: "Move in" },
    <>
      <PageHead
        title="Move in"
        lead={
          <>
            <a href={buildPath(c, "/access-audit")}>Access audits</a> / Bring existing Stripe customers to
            Licenzy
          </>
        }
      />
      <Card title="Checklist" note={`${done} of ${steps.length} done`}>
        <ol class="steps">
          {steps.map(({ done: isDone, title, text, page, action }, index) => (
            <li class={isDone ? "step done" : "step"}>
              <span class="mark" aria-hidden="true">
                {isDone ? "✓" : index + 1}
              </span>
              <div>
                <b>{title}</b> {isDone ? <span class="quiet">· done</span> : null}
                <p>{text}</p>
              </div>
              <a class="button small" href={buildPath(c, page)}>
                {action}
              </a>
            </li>
          ))}
        </ol>
      </Card>
    </>,
  );
}

function buildSteps(facts: MoveInFacts): Step[] {
  const {
    isConnected,
    products,
    source,
    mappedCustomers,
    audit,
    lastAudit,
    imported,
    hasFirstImports,
    hasShadow,
    disagreements,
  } = facts;
  const open = lastAudit?.counts.not_imported ?? 0;
  const unknown = lastAudit?.counts.unknown_price ?? 0;
  const unmapped = lastAudit?.counts.unmapped ?? 0;
  const denied = lastAudit?.counts.paid_but_denied ?? 0;
  const auditPage = audit === null ? "/access-audit" : `/access-audit/${audit.auditId}`;
  const isAllImported = lastAudit !== null && open <= imported && audit?.status === "finished";
  return [
    {
      done: isConnected,
      title: "Connect Stripe",
      text: "Licenzy reads your subscriptions and receives their events.",
      page: "/stripe",
      action: "Stripe",
    },
    {
      done: products > 0 && unknown === 0,
      title: "Map prices to products",
      text:
        unknown === 0
          ? `${formatCount(products)} active ${products === 1 ? "product" : "products"}.`
          : `${formatCount(unknown)} ${unknown === 1 ? "purchase has" : "purchases have"} a price without a product.`,
      page: "/products",
      action: "Products",
    },
    {
      done: source !== null && source !== "none" && (source !== "csv" || mappedCustomers > 0),
      title: "Map customers",
      text: "Choose where your own name of each Stripe customer is.",
      page: "/access-audit#mapping",
      action: "Mapping",
    },
    {
      done: lastAudit !== null && unmapped === 0,
      title: "Run the access audit",
      text:
        lastAudit === null
          ? "It lists who would be let in and who would not. It changes no access."
          : `${formatCount(open)} not imported, ${formatCount(unmapped)} unmapped.`,
      page: "/access-audit",
      action: "Access audit",
    },
    {
      done: hasFirstImports || isAllImported,
      title: "Import the first 20",
      text: "The import holds after them. Look at their pages before you continue.",
      page: auditPage,
      action: "Import",
    },
    {
      done: isAllImported,
      title: "Import all",
      text: `${formatCount(imported)} imported so far.`,
      page: auditPage,
      action: "Import",
    },
    {
      done: hasShadow && disagreements === 0,
      title: "Compare in the shadow",
      text: hasShadow
        ? `${formatCustomers(disagreements)} with another answer in your app.`
        : "Send your app's own answers for some days, and compare them. Nothing is enforced.",
      page: "/shadow",
      action: "Shadow",
    },
    {
      done: lastAudit !== null && isAllImported && denied === 0,
      title: "Cut over",
      text: `${formatCount(denied)} paying ${denied === 1 ? "customer" : "customers"} without access. At 0, let your app follow Licenzy.`,
      page: "/go-live",
      action: "Go-live checklist",
    },
  ];
}
