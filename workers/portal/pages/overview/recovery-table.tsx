import { capitalize, formatCount } from "../../components/labels/common.ts";
import { denialLabels } from "../../components/labels/customer.ts";
import { Card } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import type { Recoveries } from "./series.ts";

/** How many ways back from denials were offered, opened and paid. Not shown before the first one. */
export function RecoveryTable({ recoveries }: { recoveries: Recoveries[] }) {
  if (recoveries.length === 0) return null;
  const columns = ["Offered", "Links opened", "Paid"].map(numberColumn);
  return (
    <Card title="Recovery from denials" note="Requests of your app and links of support" id="recovery">
      <Table label="Recovery from denials" columns={["Denied because of", ...columns]}>
        {recoveries.map(({ reason, offered, opened, paid }) => (
          <Row>
            <Cell>{capitalize(denialLabels[reason])}</Cell>
            <Cell>{formatCount(offered)}</Cell>
            <Cell>{formatCount(opened)}</Cell>
            <Cell>{formatCount(paid)}</Cell>
          </Row>
        ))}
      </Table>
    </Card>
  );
}
