import type {
  ChangeView,
  EntitlementExplained,
} from "../../../../../shared/contract/operations/customer-views.ts";
import {
  formatCount,
  formatUnits,
  nameProduct,
  type ProductNames,
} from "../../../components/labels/common.ts";
import { denialLabels, entitlementStatusLabels } from "../../../components/labels/customer.ts";
import { Id, Pill } from "../../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { ExactTime } from "../../../components/time.tsx";

/** Lists entitlements before and after the change. */
export function ChangeTable({
  changes,
  names,
  now,
}: {
  changes: ChangeView[];
  names: ProductNames;
  now: number;
}) {
  return (
    <Table label="Entitlements that change" columns={["Product", "Before", "After", numberColumn("Units")]}>
      {changes.map(({ before, after, units }) => (
        <Row>
          <Cell class="wrap">
            <b>{nameProduct(names, after.productCode)}</b>
            <small>
              <Id value={after.entitlementId} />
            </small>
          </Cell>
          <Cell>{before === null ? <span class="quiet">None</span> : <Facts of={before} now={now} />}</Cell>
          <Cell>
            <Facts of={after} now={now} />
          </Cell>
          <Cell>{units === 0 ? "–" : units > 0 ? `+${formatCount(units)}` : `−${formatCount(-units)}`}</Cell>
        </Row>
      ))}
    </Table>
  );
}

function Facts({ of: entitlement, now }: { of: EntitlementExplained; now: number }) {
  const { status, unavailableReason, unitsRemaining, startsAt, expiresAt, holds } = entitlement;
  const held = holds.filter(({ effective }) => effective).length;
  return (
    <>
      <Pill tone={entitlementStatusLabels[status].tone}>{entitlementStatusLabels[status].label}</Pill>
      <small>{unavailableReason === null ? "gives access" : denialLabels[unavailableReason]}</small>
      {unitsRemaining === null ? null : <small class="num">{formatUnits(unitsRemaining)} left</small>}
      {startsAt === null || startsAt <= now ? null : (
        <small>
          from <ExactTime at={startsAt} />
        </small>
      )}
      {expiresAt === null ? null : (
        <small>
          {expiresAt <= now ? "ended" : "until"} <ExactTime at={expiresAt} />
        </small>
      )}
      {held === 0 ? null : <small>{held === 1 ? "on hold" : `${held} holds`}</small>}
    </>
  );
}
