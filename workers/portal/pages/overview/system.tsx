import type { Child } from "hono/jsx";
import { newestMigration } from "../../../../shared/db/newest-migration.ts";
import { CustomerLink } from "../../components/customer-link.tsx";
import { formatBytes, formatCappedCount, formatCount } from "../../components/labels/common.ts";
import { Card, Definitions, Pill } from "../../components/parts.tsx";
import { ExactTime, formatDuration, Time } from "../../components/time.tsx";
import type { Overview } from "../../db/overview.ts";
import { buildPath, type PortalContext } from "../../request-context.ts";

/** The state of the connections and of background work, and what exists, in one compact list. */
export function System({
  c,
  overview: { facts, troubles, lastAudit },
}: {
  c: PortalContext;
  overview: Overview;
}) {
  const now = c.get("now");
  const when = (at: number | null, never: string) => (at === null ? never : <Time at={at} now={now} />);
  const link = (page: string, count: number) => <a href={buildPath(c, page)}>{formatCappedCount(count)}</a>;
  const lines: [label: string, value: Child][] = [
    ["Stripe connection", <Connection isConnected={facts.isConnected} hasWebhook={facts.hasWebhook} />],
    ["Last Stripe event", when(facts.lastEventAt, "None yet")],
    ["Unprocessed Stripe events", link("/events?status=received", facts.eventsFailed + facts.eventsWaiting)],
    [
      "Recovered Stripe events",
      facts.slowestHealingMs === null
        ? "None missed"
        : `Slowest ${formatDuration(facts.slowestHealingMs)} late`,
    ],
    ["Oldest queued delivery", when(facts.oldestUnsentAt, "None")],
    ["Failed deliveries", link("/deliveries?status=dead", facts.deliveriesDead)],
    ["Access audit", <AuditLine c={c} audit={lastAudit} />],
    [
      "Background work",
      troubles.sweeps.length === 0 ? (
        <Pill tone="good">On time</Pill>
      ) : (
        <Pill tone="warn">{formatCount(troubles.sweeps.length)} late or failing</Pill>
      ),
    ],
    [
      "Search index",
      troubles.behindSince === null ? "Up to date" : `${formatDuration(now - troubles.behindSince)} behind`,
    ],
    ["Customers", link("/customers", facts.subjects)],
    ["Purchases", formatCappedCount(facts.purchases)],
    ["Active products", link("/products", facts.products)],
    ["Active API keys", link("/keys", facts.keys)],
    ["Webhook endpoints", link("/webhooks", facts.endpoints)],
    ["Database", facts.d1Bytes === null ? "Not measured yet" : formatBytes(facts.d1Bytes)],
    ...(facts.largestObjectBytes === null
      ? []
      : [
          [
            "Largest customer",
            <>
              {formatBytes(facts.largestObjectBytes)}{" "}
              <CustomerLink c={c} subjectRef={facts.largestObjectRef} />
            </>,
          ] as [string, Child],
        ]),
    ["Database version", newestMigration.replace(/_.*$/, "")],
  ];
  return (
    <Card title="System">
      <Definitions class="system" items={lines} />
    </Card>
  );
}

/** The paying customers without access, as of the last complete report. */
function AuditLine({ c, audit }: { c: PortalContext; audit: Overview["lastAudit"] }) {
  if (audit === null) return <a href={buildPath(c, "/access-audit")}>Never run</a>;
  const denied = audit.counts.paid_but_denied;
  const subscriptions = `${formatCount(audit.subscriptions)} ${audit.subscriptions === 1 ? "subscription" : "subscriptions"}`;
  return (
    <>
      <a href={buildPath(c, `/access-audit/${audit.auditId}`)}>
        {formatCount(denied)} paying {denied === 1 ? "customer" : "customers"} without access
      </a>{" "}
      <small class="quiet">
        · checked <ExactTime at={audit.finishedAt} /> · {subscriptions}
      </small>
    </>
  );
}

function Connection({ isConnected, hasWebhook }: { isConnected: boolean; hasWebhook: boolean }) {
  if (!isConnected) return <Pill>Not connected</Pill>;
  return hasWebhook ? <Pill tone="good">Connected</Pill> : <Pill tone="warn">No webhook</Pill>;
}
