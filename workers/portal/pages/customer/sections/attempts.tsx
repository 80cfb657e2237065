import type { CheckoutAttemptStatus } from "../../../../../shared/contract/enums.ts";
import { formatMoney, nameProduct } from "../../../components/labels/common.ts";
import { checkoutAttemptLabels } from "../../../components/labels/customer.ts";
import { Empty, Id, Pill } from "../../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists } from "../../../db/customer.ts";
import type { PortalContext } from "../../../request-context.ts";
import { maxRowsPerList } from "../load.ts";
import { buildStripeUrl } from "../stripe-link.ts";

/** A session of an attempt that stored none is recognized by its metadata, which another session may have, too. */
function describeMissingSession(status: CheckoutAttemptStatus): string {
  return status === "finalized" || status === "processing"
    ? "Unknown session, recognized by its metadata alone. Compare the payment in Stripe."
    : "Waiting for Stripe";
}

/** Lists the checkouts that the customer's backend created. */
export function Attempts({ c, lists }: { c: PortalContext; lists: CustomerLists }) {
  const { attempts, stripeAccountId } = lists;
  const now = c.get("now");
  if (attempts.length === 0)
    return (
      <Empty title="No checkouts yet">
        <p>
          Your backend creates one with <code>POST /v1/checkout/session</code>.
        </p>
      </Empty>
    );
  return (
    <>
      <Table
        label="Checkouts"
        columns={["Product", "Status", numberColumn("Amount"), "Session", "Created", "Updated"]}
      >
        {attempts.map((attempt) => {
          const { label, tone } = checkoutAttemptLabels[attempt.status];
          const { stripeSessionId } = attempt;
          return (
            <Row id={attempt.attemptId}>
              <Cell>
                <b>{nameProduct(lists.productNames, attempt.productCode)}</b>
              </Cell>
              <Cell>
                <Pill tone={tone}>{label}</Pill>
              </Cell>
              <Cell>
                {attempt.currency === null ? "—" : formatMoney(attempt.amountTotal, attempt.currency)}
              </Cell>
              <Cell>
                {stripeSessionId === null ? (
                  <span class="quiet">{describeMissingSession(attempt.status)}</span>
                ) : (
                  <Id
                    value={stripeSessionId}
                    href={buildStripeUrl(stripeSessionId, c.get("mode"), stripeAccountId)}
                  />
                )}
              </Cell>
              <Cell>
                <Time at={attempt.createdAt} now={now} />
              </Cell>
              <Cell>
                <Time at={attempt.updatedAt} now={now} />
              </Cell>
            </Row>
          );
        })}
      </Table>
      {attempts.length === maxRowsPerList ? (
        <p class="pad quiet">Showing the latest {maxRowsPerList}.</p>
      ) : null}
    </>
  );
}
