import type { Child } from "hono/jsx";
import type { StripePayment } from "../../../../../shared/contract/operations/stripe-profile.ts";
import { Day } from "../../../components/day-time.tsx";
import { formatMoney } from "../../../components/labels/common.ts";
import { Card, Definitions } from "../../../components/parts.tsx";
import { Time } from "../../../components/time.tsx";
import type { PortalContext } from "../../../request-context.ts";
import type { CustomerPage } from "../load.ts";
import { linkToPage } from "../page-link.tsx";
import { formatDispute, formatMethod, toRead } from "../profile.tsx";

/** Shows how the customer pays: method, last payment, next retry, refunds and disputes. */
export function Billing({ c, page }: { c: PortalContext; page: CustomerPage }) {
  const profile = toRead(page.profile);
  const [last] = profile?.payments ?? [];
  if (profile === null || last === undefined) return null;
  const now = c.get("now");
  const { payments } = profile;
  const paid = payments.find(({ status }) => status === "succeeded");
  const failed = last.status === "failed" ? last : undefined;
  const disputed = payments.find(({ dispute }) => dispute !== null);
  const refunded = payments.filter(({ amountRefunded }) => amountRefunded > 0);
  const facts: [string, Child][] = [
    ["Payment method", formatMethod(last.method) ?? "—"],
    ["Last payment", paid === undefined ? "None" : <Amount payment={paid} now={now} />],
    ...(failed === undefined
      ? []
      : [["Last failure", <Amount payment={failed} now={now} />] as [string, Child]]),
    ...(failed?.nextRetryAt == null
      ? []
      : [["Next retry", <Day at={failed.nextRetryAt} now={now} />] as [string, Child]]),
    ["Refunds", refunded.length === 0 ? "None" : String(refunded.length)],
    ...(disputed?.dispute == null ? [] : [["Dispute", formatDispute(disputed.dispute)] as [string, Child]]),
  ];
  return (
    <Card
      title="Billing"
      note={
        <a href={linkToPage(c, page.customer.subjectRef, { tab: "payments" }, "#tabs")}>View all payments</a>
      }
      pad
    >
      <Definitions class="pairs" items={facts} />
      <p class="quiet">
        From Stripe, <Time at={profile.readAt} now={now} />
      </p>
    </Card>
  );
}

function Amount({ payment: { amount, currency, createdAt }, now }: { payment: StripePayment; now: number }) {
  return (
    <>
      {formatMoney(amount, currency)}, <Day at={createdAt} now={now} />
    </>
  );
}
