import type { StripePayment } from "../../../../../shared/contract/operations/stripe-profile.ts";
import { Day } from "../../../components/day-time.tsx";
import { Icon } from "../../../components/icon.tsx";
import { formatMoney, nameProduct } from "../../../components/labels/common.ts";
import { Empty, Pill, type Tone } from "../../../components/parts.tsx";
import { Cell, numberColumn, Row, Table } from "../../../components/table.tsx";
import { Time } from "../../../components/time.tsx";
import type { PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import { formatDispute, formatMethod, ProfileNote, toRead } from "../profile.tsx";
import { buildStripeUrl } from "../stripe-link.ts";
import { Attempts } from "./attempts.tsx";

/** Lists the customer's payments at Stripe, then the checkouts that the backend created. */
export function Payments({ c, page }: { c: PortalContext; page: CustomerPage }) {
  const profile = toRead(page.profile);
  return (
    <>
      {page.profile !== profile || (profile?.olderCustomers ?? 0) > 0 ? (
        <div class="pad">
          <ProfileNote profile={page.profile} />
        </div>
      ) : null}
      {profile === null ? null : <PaymentTable c={c} page={page} payments={profile.payments} />}
      {profile === null ? null : (
        <div class="pad">
          <p class="quiet">
            {profile.hasMorePayments ? `Showing the newest ${profile.payments.length} payments. ` : null}
            Read from Stripe <Time at={profile.readAt} now={c.get("now")} />. Licenzy does not store payments.
          </p>
        </div>
      )}
      <h3 class="section">Checkouts</h3>
      <Attempts c={c} lists={page.lists} />
    </>
  );
}

function PaymentTable({
  c,
  page,
  payments,
}: {
  c: PortalContext;
  page: CustomerPage;
  payments: StripePayment[];
}) {
  if (payments.length === 0)
    return (
      <Empty title="No payments yet">
        <p>Payments appear here as soon as Stripe has them.</p>
      </Empty>
    );
  return (
    <Table
      label="Payments at Stripe"
      columns={[
        "Date",
        "For",
        numberColumn("Amount"),
        "Status",
        "Method",
        numberColumn("Refunded"),
        "Dispute",
        "Stripe",
      ]}
    >
      {payments.map((payment) => (
        <PaymentRow c={c} page={page} payment={payment} />
      ))}
    </Table>
  );
}

const statuses: Record<StripePayment["status"], { label: string; tone: Tone }> = {
  succeeded: { label: "Paid", tone: "good" },
  pending: { label: "Processing", tone: "warn" },
  failed: { label: "Failed", tone: "bad" },
};

function PaymentRow({ c, page, payment }: { c: PortalContext; page: CustomerPage; payment: StripePayment }) {
  const now = c.get("now");
  const { amount, amountRefunded, currency, status, failure, nextRetryAt, dispute } = payment;
  const { label, tone } = statuses[status];
  const stripeId = payment.paymentIntentId ?? payment.chargeId;
  return (
    <Row id={payment.chargeId}>
      <Cell>
        <Day at={payment.createdAt} now={now} />
      </Cell>
      <Cell>{describePurpose(page, payment)}</Cell>
      <Cell>{formatMoney(amount, currency)}</Cell>
      <Cell>
        <Pill tone={tone}>{label}</Pill>
        {nextRetryAt === null ? null : (
          <small>
            next retry <Day at={nextRetryAt} now={now} />
          </small>
        )}
        {failure === null ? null : <small>{failure}</small>}
      </Cell>
      <Cell class="whole">{formatMethod(payment.method) ?? <None />}</Cell>
      <Cell>{amountRefunded === 0 ? <None /> : formatMoney(amountRefunded, currency)}</Cell>
      <Cell>{dispute === null ? <None /> : <Pill tone="warn">{formatDispute(dispute)}</Pill>}</Cell>
      <Cell class="whole">
        <a
          href={buildStripeUrl(stripeId, c.get("mode"), page.lists.stripeAccountId)}
          rel="noreferrer"
          target="_blank"
          aria-label={`Open ${stripeId} in Stripe`}
        >
          Open <Icon name="external-link" />
        </a>
      </Cell>
    </Row>
  );
}

const None = () => <span class="quiet">—</span>;

/** Names the product that a payment is for: of its checkout or subscription, else in Stripe's words. */
function describePurpose(
  { customer, lists }: CustomerPage,
  { attemptId, subscriptionId, description }: StripePayment,
) {
  const productCode =
    lists.attempts.find((attempt) => attempt.attemptId === attemptId)?.productCode ??
    customer.entitlements.find(
      ({ stripe }) => subscriptionId !== null && stripe?.subscriptionId === subscriptionId,
    )?.productCode;
  if (productCode === undefined) return description ?? <None />;
  return (
    <>
      <b>{nameProduct(lists.productNames, productCode)}</b>
      {description === null ? null : <small>{description}</small>}
    </>
  );
}
