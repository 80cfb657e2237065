import {
  auditClasses,
  type FindingClass,
  importFindings,
} from "../../../../shared/contract/operations/access-audits.ts";
import { applySync } from "../../../../shared/contract/operations/customers.ts";
import type { AuditFindingRow } from "../../../../shared/db/access-audits.ts";
import { mayRun } from "../../auth/may-run.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { ActionButton } from "../../components/fields.tsx";
import { findingLabels } from "../../components/labels/access-audit.ts";
import { formatCount } from "../../components/labels/common.ts";
import { Card, Empty, Id, NextPage, Pill } from "../../components/parts.tsx";
import { actionsColumn, Cell, Row, Table } from "../../components/table.tsx";
import { Tabs } from "../../components/tabs.tsx";
import type { AuditPage } from "../../db/access-audits.ts";
import { buildCustomerPath, buildPath, type PortalContext } from "../../request-context.ts";
import { buildStripeUrl } from "../customer/stripe-link.ts";

export const findingsPerPage = 100;

interface FindingsQuery {
  found: FindingClass | null;
  /** The last finding of the page before. */
  after: string;
}

const findingClasses = auditClasses.filter((each) => each !== "agrees");

/** A class that no link has lists all findings. */
export function readFindingsQuery(c: PortalContext): FindingsQuery {
  return {
    found: findingClasses.find((each) => each === c.req.query("show")) ?? null,
    after: c.req.query("after") ?? "",
  };
}

export function Findings({
  c,
  page: { audit, findings, hasMore },
  query: { found },
}: {
  c: PortalContext;
  page: AuditPage;
  query: FindingsQuery;
}) {
  const path = buildPath(c, `/access-audit/${audit.auditId}`);
  const last = findings.at(-1)?.findingId;
  const filter: Record<string, string> = found === null ? {} : { show: found };
  const next =
    hasMore && last !== undefined ? `${path}?${new URLSearchParams({ ...filter, after: last })}` : null;
  const classes = findingClasses.filter((each) => audit.counts[each] > 0);
  const total = classes.reduce((sum, each) => sum + audit.counts[each], 0);
  return (
    <Card title="Findings" note={found === null ? undefined : findingLabels[found].meaning}>
      <Tabs
        label="Findings by class"
        tabs={[
          { label: "All", href: path, isCurrent: found === null, count: formatCount(total) },
          ...classes.map((each) => ({
            label: findingLabels[each].label,
            href: `${path}?show=${each}`,
            isCurrent: found === each,
            count: formatCount(audit.counts[each]),
          })),
        ]}
      />
      {findings.length === 0 ? (
        <Empty title={total === 0 ? "No findings" : "No listed findings"}>
          <p>
            {audit.status === "running"
              ? "Differences appear here."
              : total === 0
                ? "Stripe and access agree."
                : "The first 1,000 findings are listed."}
          </p>
        </Empty>
      ) : (
        <Table label="Findings" columns={["Customer", "Finding", "In Stripe", "Details", actionsColumn]}>
          {findings.map((finding) => (
            <FindingRow c={c} finding={finding} canImport={audit.status === "finished"} path={path} />
          ))}
        </Table>
      )}
      <NextPage href={next} shown={findings.length} />
    </Card>
  );
}

const importLabels = {
  waiting: { label: "Waiting for import", tone: "" },
  done: { label: "Imported", tone: "good" },
  failed: { label: "Import failed", tone: "bad" },
} as const;

function FindingRow({
  c,
  finding,
  canImport,
  path,
}: {
  c: PortalContext;
  finding: AuditFindingRow;
  canImport: boolean;
  path: string;
}) {
  const { subjectRef, stripeId, diagnosis, importState, importMessage } = finding;
  const { label, tone } = findingLabels[finding.class as FindingClass];
  return (
    <Row>
      <Cell class="wrap">
        <CustomerLink c={c} subjectRef={subjectRef} />
      </Cell>
      <Cell>
        {importState === null ? (
          <Pill tone={tone}>{label}</Pill>
        ) : (
          <Pill tone={importLabels[importState].tone}>{importLabels[importState].label}</Pill>
        )}
      </Cell>
      <Cell>{stripeId === null ? <span class="quiet">—</span> : <Id value={stripeId} />}</Cell>
      <Cell class="wrap">
        {diagnosis}
        {importMessage === null ? null : <small class="quiet"> {importMessage}</small>}
      </Cell>
      <Cell>
        <Action c={c} finding={finding} canImport={canImport} path={path} />
      </Cell>
    </Row>
  );
}

function Action({
  c,
  finding: { action, target, subjectRef, stripeId, findingId, importState },
  canImport,
  path,
}: {
  c: PortalContext;
  finding: AuditFindingRow;
  canImport: boolean;
  path: string;
}) {
  const link = (label: string, href: string) => (
    <a class="button small" href={href}>
      {label}
    </a>
  );
  switch (action) {
    case "sync":
      return subjectRef === null || !mayRun(c, applySync)
        ? null
        : link("Sync from Stripe", `${buildCustomerPath(c, subjectRef)}/sync`);
    case "retry_event":
      return link("Review event", buildPath(c, `/events/${target}`));
    case "add_price":
      return link("Add price to a product", buildPath(c, "/products"));
    case "name_price":
      return stripeId === null
        ? null
        : link("Open payment in Stripe", buildStripeUrl(stripeId, c.get("mode"), null));
    case "map":
      return link("Map customers", buildPath(c, "/access-audit#mapping"));
    case "import":
      if (!canImport || importState === "done" || !mayRun(c, importFindings)) return null;
      return (
        <ActionButton
          action={`${path}/import`}
          label="Import purchase"
          fields={{ finding_id: findingId }}
          confirms
        />
      );
    case "none":
      return null;
  }
}
