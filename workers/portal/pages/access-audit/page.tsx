import { startAccessAudit } from "../../../../shared/contract/operations/access-audits.ts";
import { type AccessAuditRow, readAuditSettings } from "../../../../shared/db/access-audits.ts";
import { newId } from "../../../../shared/kit/ids.ts";
import { mayRun } from "../../auth/may-run.ts";
import { ActionButton } from "../../components/fields.tsx";
import { auditStatusLabels } from "../../components/labels/access-audit.ts";
import { formatCount } from "../../components/labels/common.ts";
import { renderPage } from "../../components/layout.tsx";
import { Card, Empty, PageHead, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { FullTime } from "../../components/time.tsx";
import { readAuditList } from "../../db/access-audits.ts";
import { buildPath, getData, getScope, type PortalContext } from "../../request-context.ts";
import { type Refused, SettingsCards } from "./settings.tsx";

const maxAudits = 20;

export const showAccessAudits = (c: PortalContext) => renderAccessAudits(c);

/** Lists the access audits of the project and mode, with the form to start one and its settings. */
export async function renderAccessAudits(c: PortalContext, refused: Refused = {}, status: 200 | 422 = 200) {
  const scope = getScope(c);
  const [{ audits, mappedCustomers }, settings] = await Promise.all([
    readAuditList(getData(c), scope, maxAudits),
    readAuditSettings(getData(c), scope),
  ]);
  const isAtWork = audits.some((audit) => audit.status === "running" || audit.status === "importing");
  return renderPage(
    c,
    { title: "Access audit", status },
    <>
      <PageHead
        title="Access audit"
        lead="Compare Stripe's paying customers with access, in both directions."
      >
        <a class="button" href={buildPath(c, "/access-audit/move-in")}>
          Move in
        </a>
        {mayRun(c, startAccessAudit) && !isAtWork ? (
          <ActionButton
            action={buildPath(c, "/access-audit")}
            label="Run access audit"
            // The id is chosen with the form, so that a form sent twice is one audit.
            fields={{ audit_id: newId("job", c.get("now")) }}
            tone="primary"
            small={false}
          />
        ) : null}
      </PageHead>
      <LastAudits c={c} audits={audits} />
      <SettingsCards c={c} settings={settings} mappedCustomers={mappedCustomers} refused={refused} />
    </>,
  );
}

const sumFindings = ({ counts: { agrees: _, ...others } }: AccessAuditRow): number =>
  Object.values(others).reduce((sum, count) => sum + count, 0);

function LastAudits({ c, audits }: { c: PortalContext; audits: AccessAuditRow[] }) {
  if (audits.length === 0)
    return (
      <Card title="Audits">
        <Empty title="No access audit yet">
          <p>An audit reads Stripe and changes no access. It lists every paying customer without access.</p>
        </Empty>
      </Card>
    );
  return (
    <Card title="Audits" note="Kept for 30 days">
      <Table
        label="Audits"
        columns={[
          "Audit",
          numberColumn("Paid but denied"),
          numberColumn("Allowed but unpaid"),
          numberColumn("Findings"),
          "Status",
        ]}
      >
        {audits.map((audit) => (
          <Row>
            <Cell class="wrap">
              <a href={buildPath(c, `/access-audit/${audit.auditId}`)}>
                <FullTime at={audit.createdAt} now={c.get("now")} />
              </a>
              <small class="quiet">{audit.isStanding ? "Daily run" : `by ${audit.operatorName}`}</small>
            </Cell>
            <Cell>{formatCount(audit.counts.paid_but_denied)}</Cell>
            <Cell>{formatCount(audit.counts.allowed_but_unpaid)}</Cell>
            <Cell>{formatCount(sumFindings(audit))}</Cell>
            <Cell>
              <Pill tone={auditStatusLabels[audit.status].tone}>{auditStatusLabels[audit.status].label}</Pill>
            </Cell>
          </Row>
        ))}
      </Table>
    </Card>
  );
}
