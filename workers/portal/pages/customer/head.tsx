import type { CustomerView } from "../../../../shared/contract/operations/customer-views.ts";
import type { StripeProfile } from "../../../../shared/contract/operations/stripe-profile.ts";
import { Icon } from "../../components/icon.tsx";
import { formatCount, formatUnits, nameProduct, type ProductNames } from "../../components/labels/common.ts";
import { entitlementStatusLabels, formatHeadline } from "../../components/labels/customer.ts";
import { LookAlikeMark } from "../../components/look-alike.tsx";
import { CopyButton, Id } from "../../components/parts.tsx";
import { Ref } from "../../components/ref.tsx";
import { formatExactTime } from "../../components/time.tsx";
import { getZone } from "../../http/zone-cookie.ts";
import { buildCustomerPath, getOrigin, type PortalContext } from "../../request-context.ts";
import type { CustomerPage } from "./load.ts";
import { linkToList, NeighborLinks } from "./neighbors.tsx";
import { ProfileNote, toRead } from "./profile.tsx";
import { buildStripeUrl } from "./stripe-link.ts";

/** The customer's name, ids, and the actions that are always at hand. */
export function CustomerHead({ c, page, canAct }: { c: PortalContext; page: CustomerPage; canAct: boolean }) {
  const { customer, lists } = page;
  const { subjectRef } = customer;
  const stripeCustomerId = findStripeCustomerId(page);
  const profile = toRead(page.profile);
  return (
    <header class="page-head">
      <div>
        <p class="crumbs">
          <a href={linkToList(c)}>Customers</a> /
        </p>
        <Title subjectRef={subjectRef} profile={profile} />
        {stripeCustomerId === null ? null : (
          <p class="ids">
            {isNamed(profile) ? <RefWithCopy subjectRef={subjectRef} /> : null}
            <Id value={stripeCustomerId} />
            <a
              href={buildStripeUrl(stripeCustomerId, c.get("mode"), lists.stripeAccountId)}
              rel="noreferrer"
              target="_blank"
            >
              Stripe <Icon name="external-link" />
            </a>
          </p>
        )}
        <ProfileNote profile={page.profile} />
      </div>
      <div class="row">
        <NeighborLinks c={c} neighbors={page.neighbors} />
        <CopyButton value={summarize(c, page)} label="Copy summary" name="for a ticket" />
        {canAct ? (
          <>
            <a class="button" href={buildCustomerPath(c, subjectRef, "/sync")} data-drawer>
              <Icon name="refresh-cw" />
              Sync
            </a>
            <a class="button primary" href={buildCustomerPath(c, subjectRef, "/grant")} data-drawer>
              <Icon name="gift" />
              Grant access
            </a>
          </>
        ) : null}
      </div>
    </header>
  );
}

const isNamed = (profile: StripeProfile | null) => profile?.name != null || profile?.email != null;

/** The name and email address at Stripe, else the `subject_ref`. */
function Title({ subjectRef, profile }: { subjectRef: string; profile: StripeProfile | null }) {
  if (profile === null || !isNamed(profile))
    return (
      <h1 class="mono">
        <Ref value={subjectRef} whole />
        <LookAlikeMark subjectRef={subjectRef} />
      </h1>
    );
  const { name, email } = profile;
  return (
    <h1 class="person">
      {name === null ? null : <bdi>{name}</bdi>}{" "}
      {email === null ? null : <bdi class={name === null ? undefined : "email"}>{email}</bdi>}
    </h1>
  );
}

function RefWithCopy({ subjectRef }: { subjectRef: string }) {
  return (
    <span class="id">
      <code>
        <Ref value={subjectRef} whole />
      </code>
      <CopyButton value={subjectRef} />
      <LookAlikeMark subjectRef={subjectRef} />
    </span>
  );
}

function findStripeCustomerId({ customer, lists, profile }: CustomerPage): string | null {
  return (
    toRead(profile)?.stripeCustomerId ??
    lists.subject?.stripeCustomerId ??
    customer.entitlements.find(({ stripe }) => stripe?.customerId)?.stripe?.customerId ??
    null
  );
}

/** Summarizes the customer in plain text for a ticket. Holds no personal data beyond the `subject_ref`. */
function summarize(c: PortalContext, { customer, lists }: CustomerPage): string {
  const { subjectRef, decision, since, entitlements } = customer;
  const zone = getZone(c);
  return [
    `${subjectRef} (${c.get("mode")} mode)`,
    `${formatHeadline(decision)}${since === null ? "" : ` since ${formatExactTime(since, zone)}`}`,
    ...entitlements.map((entitlement) => `- ${summarizeEntitlement(entitlement, lists.productNames, zone)}`),
    `Decision ${decision.decisionId} at ${formatExactTime(decision.at, zone)}`,
    `${getOrigin(c)}${buildCustomerPath(c, subjectRef)}`,
  ].join("\n");
}

function summarizeEntitlement(
  {
    productCode,
    status,
    unitsGranted,
    unitsRemaining,
    currentPeriodEnd,
    expiresAt,
  }: CustomerView["entitlements"][number],
  names: ProductNames,
  zone: string,
): string {
  const end = expiresAt ?? currentPeriodEnd;
  const facts = [
    entitlementStatusLabels[status].label.toLowerCase(),
    ...(unitsRemaining === null
      ? []
      : [`${formatCount(unitsRemaining)} of ${formatUnits(unitsGranted ?? 0)} left`]),
    ...(end === null ? [] : [`until ${formatExactTime(end, zone)}`]),
  ];
  return `${nameProduct(names, productCode)}: ${facts.join(", ")}`;
}
