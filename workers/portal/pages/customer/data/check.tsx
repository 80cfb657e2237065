import type { CustomerCheck } from "../../../../../shared/contract/operations/data-check.ts";
import * as dataCheck from "../../../../../shared/contract/operations/data-check.ts";
import { ActionButton } from "../../../components/fields.tsx";
import { FindingExplanations } from "../../../components/finding-explanations.tsx";
import { formatCount } from "../../../components/labels/common.ts";
import { checkLabel, findingLabels, formatFindingCount } from "../../../components/labels/data-check.ts";
import { renderPage } from "../../../components/layout.tsx";
import { Card, Empty, Pill } from "../../../components/parts.tsx";
import { renderRefusalPage } from "../../../components/refusal-page.ts";
import { Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { callOperation } from "../../../http/call-operation.ts";
import { redirectWith } from "../../../http/flash.ts";
import { buildCustomerPath, type PortalContext } from "../../../request-context.ts";
import { ActionHead } from "../actions/parts.tsx";

/** Verifies the customer's ledger and compares it with the D1 copy. Reloading the page checks again. */
export async function showCheck(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, dataCheck.verifyCustomer, { subjectRef });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const { check } = reply;
  return renderPage(
    c,
    { title: checkLabel },
    <>
      <ActionHead c={c} subjectRef={subjectRef} title={checkLabel} />
      <Result check={check} />
      <div class="row">
        {isRepairable(check) ? (
          <ActionButton
            action={buildCustomerPath(c, subjectRef, "/repair")}
            label="Rebuild search data"
            tone={check.findings.length > 0 ? "primary" : ""}
            small={false}
          />
        ) : null}
        <a class="button" href={buildCustomerPath(c, subjectRef, "/check")}>
          Verify again
        </a>
        <a class="button" href={buildCustomerPath(c, subjectRef)}>
          Back to the customer
        </a>
      </div>
    </>,
  );
}

export async function repairD1Copy(c: PortalContext) {
  const subjectRef = c.req.param("subject") ?? "";
  const reply = await callOperation(c, dataCheck.resyncCustomer, { subjectRef });
  if (reply.outcome === "refused") return renderRefusalPage(c, reply);
  const path = buildCustomerPath(c, subjectRef, "/check");
  return reply.check.findings.length === 0
    ? redirectWith(c, path, "Search data rebuilt. No differences.")
    : redirectWith(c, path, "Search data rebuilt, but differences remain.", "bad");
}

/** Returns whether repair is possible. The runtime refuses it for an empty or inconsistent ledger. */
const isRepairable = ({ findings: faults, entries }: CustomerCheck) =>
  entries > 0 && faults.every(({ where }) => where === "d1");

function Result({ check: { findings: faults, entries, unflushed } }: { check: CustomerCheck }) {
  const checkedText = `${formatCount(entries)} ${entries === 1 ? "entry" : "entries"} checked`;
  const lagText = unflushed === 0 ? "" : `, ${formatCount(unflushed)} not in the search data yet`;
  if (faults.length === 0)
    return (
      <Card title="Result" note={<Pill tone="good">No differences</Pill>}>
        <Empty title={entries === 0 ? "Nothing to compare" : "Ledger, state and search data match"}>
          <p>{entries === 0 ? "This customer has no history." : `${checkedText}${lagText}.`}</p>
        </Empty>
      </Card>
    );
  return (
    <>
      <Card title="Result" note={<Pill tone="bad">{formatFindingCount(faults.length)}</Pill>}>
        <Table label="Differences" columns={["Location", numberColumn("Entry"), "Difference"]}>
          {faults.map(({ where, sequence, message }) => (
            <Row>
              <Cell>
                <Pill tone={findingLabels[where].tone}>{findingLabels[where].label}</Pill>
              </Cell>
              <Cell>{sequence === null ? <span class="quiet">–</span> : formatCount(sequence)}</Cell>
              <Cell class="wrap">{message}</Cell>
            </Row>
          ))}
        </Table>
      </Card>
      <FindingExplanations found={faults} note={`${checkedText}${lagText}`} />
    </>
  );
}
