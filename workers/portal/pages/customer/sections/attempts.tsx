import type { CheckoutAttemptStatus } from "../../../../../shared/contract/enums.ts";
import { formatMoney } from "../../../components/labels/common.ts";
import { checkoutAttemptLabels } from "../../../components/labels/customer.ts";
import { Card, Id, Pill } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import type { CustomerLists } from "../../../db/customer.ts";
import type { PortalContext } from "../../../request-context.ts";
import { maxRowsPerList } from "../load.ts";
import { buildStripeUrl } from "../stripe-link.ts";

const maxShown = 10;

const formatLength = (length: number) => (length === maxRowsPerList ? `${length} or more` : String(length));

/**
 * A session of an attempt that stored none is recognized by its metadata, which another session may have
 * too.
 */
function describeMissingSession(status: CheckoutAttemptStatus): string {
  return status === "finalized" || status === "processing"
    ? "Its session was never stored, and was recognized by its metadata alone. Compare the payment in Stripe."
    : "Stripe has not answered with a session yet";
}

export function Attempts({ c, lists }: { c: PortalContext; lists: CustomerLists }) {
  const { attempts, stripeAccountId } = lists;
  const now = c.get("now");
  return (
    <Card title="Checkout attempts" note={attempts.length === 0 ? undefined : formatLength(attempts.length)}>
      {attempts.length === 0 ? (
        <p class="pad quiet">
          None. One begins when your backend calls <code>POST /v1/checkout/session</code> for this customer.
        </p>
      ) : (
        <ul class="rows">
          {attempts.slice(0, maxShown).map((attempt) => (
            <li id={attempt.attemptId}>
              <div class="row">
                <b>{attempt.productCode}</b>
                <Pill tone={checkoutAttemptLabels[attempt.status].tone}>
                  {checkoutAttemptLabels[attempt.status].label}
                </Pill>
                {attempt.currency === null ? null : (
                  <span class="num">{formatMoney(attempt.amountTotal, attempt.currency)}</span>
                )}
              </div>
              <small>
                opened <Time at={attempt.createdAt} now={now} />
                {attempt.updatedAt === attempt.createdAt ? null : (
                  <>
                    , last news <Time at={attempt.updatedAt} now={now} />
                  </>
                )}
              </small>
              <small>
                {attempt.stripeSessionId === null ? (
                  describeMissingSession(attempt.status)
                ) : (
                  <>
                    Stripe{" "}
                    <Id
                      value={attempt.stripeSessionId}
                      href={buildStripeUrl(attempt.stripeSessionId, c.get("mode"), stripeAccountId)}
                    />
                  </>
                )}
              </small>
            </li>
          ))}
        </ul>
      )}
      {attempts.length > maxShown ? <p class="pad quiet">Older ones are in the timeline.</p> : null}
    </Card>
  );
}
