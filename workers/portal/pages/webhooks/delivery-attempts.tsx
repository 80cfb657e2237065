import type { DeliveryAttemptRow, DeliveryDetail } from "../../../../shared/db/deliveries.ts";
import { formatCount } from "../../components/labels/common.ts";
import { deliveryErrorLabels, formatAttemptResult } from "../../components/labels/webhook.ts";
import { Card, Empty, Pill } from "../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../components/table.tsx";
import { TimeCell } from "../../components/time.tsx";
import type { PortalContext } from "../../request-context.ts";

/** Every attempt, the newest first, with the response of the endpoint. */
export function Attempts({ c, found }: { c: PortalContext; found: DeliveryDetail }) {
  const { attempts } = found;
  return (
    <Card title="Attempts" note={`${formatCount(attempts.length)} so far`}>
      {attempts.length === 0 ? (
        <Empty title="No attempts yet">
          <p>Each attempt is listed here with its response.</p>
        </Empty>
      ) : (
        <Table
          label="Attempts"
          columns={["Attempt", "Result", "Response", numberColumn("Duration"), "Started"]}
        >
          {attempts.toReversed().map((attempt) => (
            <AttemptRow c={c} attempt={attempt} />
          ))}
        </Table>
      )}
    </Card>
  );
}

function AttemptRow({ c, attempt }: { c: PortalContext; attempt: DeliveryAttemptRow }) {
  const { number, kind, startedAt, durationMs, httpStatus, error, excerpt } = attempt;
  return (
    <Row>
      <Cell>
        {number}
        {kind === "manual" ? <small>by an operator</small> : null}
      </Cell>
      <Cell class="wrap">
        {durationMs === null ? (
          <Pill>In progress</Pill>
        ) : (
          <Pill tone={error === null ? "good" : "bad"}>{formatAttemptResult(httpStatus, error)}</Pill>
        )}
        {error === null ? null : <small>{deliveryErrorLabels[error].sentence}</small>}
      </Cell>
      <Cell class="wrap">
        {excerpt === null ? (
          <span class="quiet">—</span>
        ) : (
          <details id={`answer-${number}`}>
            <summary class="excerpt">{excerpt.slice(0, 80)}</summary>
            <pre class="wrap">{excerpt}</pre>
          </details>
        )}
      </Cell>
      <Cell>{durationMs === null ? "–" : `${formatCount(durationMs)} ms`}</Cell>
      <Cell>
        <TimeCell at={startedAt} now={c.get("now")} />
      </Cell>
    </Row>
  );
}
