import type { ImportResult } from "../../../../../shared/contract/operations/price-import.ts";
import { formatCount } from "../../../components/labels/common.ts";
import { Card, Id, Pill, type Tone } from "../../../components/parts.tsx";
import { Cell, Row, Table } from "../../../components/table.tsx";
import { buildPath, type PortalContext } from "../../../request-context.ts";

const labels: Record<ImportResult["result"], { label: string; tone: Tone }> = {
  created: { label: "Created", tone: "good" },
  exists: { label: "Exists already", tone: "good" },
  refused: { label: "Not created", tone: "bad" },
  not_attempted: { label: "Not attempted", tone: "warn" },
};

/** A result per product. What is missing stays selected in the form below. */
export function Results({ c, results }: { c: PortalContext; results: ImportResult[] }) {
  const missing = results.filter(({ result }) => result === "refused" || result === "not_attempted").length;
  const there = results.length - missing;
  return (
    <Card
      title="Result"
      note={`${formatCount(there)} of ${formatCount(results.length)} products are ready to sell`}
    >
      <Table label="Result" columns={["Product", "Stripe price", "Result"]}>
        {results.map(({ productCode, stripePriceId, result, message }) => (
          <Row>
            <Cell>
              {result === "created" || result === "exists" ? (
                <a href={buildPath(c, `/products/${productCode}`)}>
                  <b class="mono">{productCode}</b>
                </a>
              ) : (
                <b class="mono">{productCode}</b>
              )}
            </Cell>
            <Cell>
              <Id value={stripePriceId} />
            </Cell>
            <Cell class="wrap">
              <Pill tone={labels[result].tone}>{labels[result].label}</Pill>
              {message === null ? null : <small>{message}</small>}
            </Cell>
          </Row>
        ))}
      </Table>
      {missing === 0 ? null : (
        <div class="pad">
          <p>
            {missing === 1 ? "1 product is" : `${formatCount(missing)} products are`} not created. Correct{" "}
            {missing === 1 ? "it" : "them"} below, then create again. Nothing is created twice.
          </p>
        </div>
      )}
    </Card>
  );
}
