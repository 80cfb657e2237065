import { type AlertRule, type AlertRuleSetting, declarationOf } from "../../../shared/contract/alerts.ts";
import { describeSweep } from "../../../shared/contract/sweeps.ts";
import { dayMs } from "../../../shared/domain/entitlement.ts";
import { toOneLine } from "../../../shared/kit/send-mail.ts";
import {
  type AlertFacts,
  type EndpointFact,
  type EntitlementFact,
  incidentWindowMs,
} from "../db/alert-facts.ts";

/** A cause of an alert that holds now. */
export interface Condition {
  rule: AlertRule;
  /** Distinguishes the conditions of a rule: one alert each. */
  objectId: string;
  subjectRef: string | null;
  /** One line without error texts, which may name a customer. Products and keys have their names. */
  cause: string;
  count: number;
  /** When the newest incident happened; null for a state. */
  happenedAt: number | null;
}

type Settings = Pick<AlertFacts, "settings">;

/** Returns the setting of a rule: the stored one, or the default. */
function findSetting({ settings }: Settings, rule: AlertRule): AlertRuleSetting {
  const stored = settings.find((setting) => setting.rule === rule);
  const fallback = declarationOf(rule).threshold?.fallback ?? null;
  return {
    rule,
    isEnabled: stored === undefined || stored.isEnabled === 1,
    threshold: stored?.threshold ?? fallback,
  };
}

type Finding = Omit<Condition, "rule" | "subjectRef" | "happenedAt"> &
  Partial<Pick<Condition, "subjectRef" | "happenedAt">>;
type Find = (facts: AlertFacts, threshold: number, now: number) => Finding[];

/** What each rule finds. Nothing here reads a clock or a database. */
const finders: Record<AlertRule, Find> = {
  stripe_webhook_silent: ({ connection, silence }) => {
    if (connection === null || silence === null) return [];
    const { missed, isAtLeast, longestDelayMs } = silence;
    const events = `${isAtLeast ? "At least " : ""}${plural(missed, "Stripe event")}${missed > 1 ? " in a row" : ""}`;
    const delay = plural(Math.max(1, Math.round(longestDelayMs / 60_000)), "minute");
    const cause = `${events} did not arrive by webhook. Licenzy recovered them up to ${delay} late. Register the webhook again, or check its URL and signing secret in Stripe.`;
    return [{ objectId: connection.connectionId, cause, count: missed }];
  },
  stripe_event_failed: ({ failedEvents }) =>
    failedEvents.map(({ type, count, newestAt }) => ({
      objectId: type,
      cause: `${plural(count, `${type} event`)} failed to process. Customers may have the wrong access.`,
      count,
      happenedAt: newestAt,
    })),
  sweep_failing: ({ connection, failingSweeps }, threshold, now) => {
    const before = now - threshold * 60_000;
    const isBehind = connection !== null && connection.sweepError !== null && connection.sweptTo <= before;
    const cause = "Licenzy can't read the event list from Stripe, so missed events are not recovered.";
    return [
      ...(isBehind ? [{ objectId: connection.connectionId, cause, count: 1 }] : []),
      ...failingSweeps
        .filter(({ since }) => since <= before)
        .map(({ sweep }) => ({
          objectId: `sweep:${sweep}`,
          cause: `A background task of this installation fails in every run: ${describeSweep(sweep)}.`,
          count: 1,
        })),
    ];
  },
  endpoint_failing: ({ endpoints }, threshold) =>
    endpoints.flatMap((endpoint) => {
      const cause = describeFailingEndpoint(endpoint, threshold);
      return cause === null ? [] : [{ objectId: endpoint.endpointId, cause, count: endpoint.waiting }];
    }),
  // While an endpoint fails, that is its one alert.
  delivery_given_up: (facts, _threshold, _now) =>
    facts.endpoints.flatMap((endpoint) => {
      const { endpointId, dead, deadAt } = endpoint;
      const { threshold } = findSetting(facts, "endpoint_failing");
      if (dead === 0 || describeFailingEndpoint(endpoint, threshold ?? 1) !== null) return [];
      const retries = dead === 1 ? "its retries" : "their retries";
      const cause = `${plural(dead, "delivery", "deliveries")} to ${formatUrl(endpoint.url)} used up ${retries}.`;
      return [{ objectId: endpointId, cause, count: dead, happenedAt: deadAt }];
    }),
  copy_behind: ({ copy: { unwritten, overdue, overdueSince } }, threshold, now) => {
    const isOverdue = overdueSince !== null && overdueSince <= now - threshold * 60_000;
    const customers = unwritten + (isOverdue ? overdue : 0);
    if (customers === 0) return [];
    const cause = `Lists and search lack changes of ${plural(customers, "customer")}.`;
    return [{ objectId: "copy", cause, count: customers }];
  },
  key_expiring: ({ keys }, threshold, now) =>
    keys
      .filter(({ expiresAt }) => expiresAt <= now + threshold * dayMs)
      .map(({ keyId, name, hint, expiresAt }) => ({
        objectId: keyId,
        cause: `${toOneLine(name)} (${hint}) ${expiresAt <= now ? "expired" : "expires"} on ${formatDay(expiresAt)}.`,
        count: 1,
      })),
  dispute_opened: ({ disputes }) =>
    disputes.map(({ disputeId, subjectRef, receivedAt }) => ({
      objectId: disputeId,
      subjectRef,
      cause: "A payment is disputed. Respond in Stripe before its deadline.",
      count: 1,
      happenedAt: receivedAt,
    })),
  denials_unusual: ({ denials: { recent, highest, since } }, threshold, now) => {
    // Without a day of counts, nothing is known of what is usual.
    const isKnown = since !== null && since <= now - dayMs;
    if (!isKnown || recent < (highest ?? 0) + threshold) return [];
    const cause = `${plural(recent, "check")} of customers who have paid ${recent === 1 ? "was" : "were"} denied within an hour. In the 7 days before, it was ${highest ?? 0} an hour at most.`;
    return [{ objectId: "denials", cause, count: recent }];
  },
  unknown_price: (facts) =>
    withFlag(facts, "unknown_price").map(({ entitlementId, subjectRef, productName }) => ({
      objectId: entitlementId,
      subjectRef,
      cause: `A price of the subscription belongs to no product. It keeps the product ${toOneLine(productName)}.`,
      count: 1,
    })),
  access_audit_disagrees: ({ lastAudit }) => {
    if (lastAudit === null) return [];
    const { paidButDenied, allowedButUnpaid } = lastAudit;
    const count = paidButDenied + allowedButUnpaid;
    if (count === 0) return [];
    const cause = `${plural(paidButDenied, "paying customer")} without access, ${allowedButUnpaid} with access but unpaid.`;
    return [{ objectId: "access_audit", cause, count }];
  },
  paid_without_access: (facts, _threshold, now) =>
    withFlag(facts, "paid_after_end")
      .filter(({ updatedAt }) => updatedAt > now - incidentWindowMs)
      .map(({ entitlementId, subjectRef, productName, updatedAt }) => ({
        objectId: entitlementId,
        subjectRef,
        cause: `A payment for ${toOneLine(productName)} arrived after its subscription ended, and granted nothing.`,
        count: 1,
        happenedAt: updatedAt,
      })),
  duplicate_subscription: (facts) =>
    // Every subscription of the customer to the product has the flag.
    withFlag(facts, "parallel_subscription").map(({ subjectRef, productCode, productName }) => ({
      objectId: `${subjectRef}/${productCode}`,
      subjectRef,
      cause: `The customer pays for ${toOneLine(productName)} with more than one subscription.`,
      count: 1,
    })),
  past_due: ({ entitlements }) =>
    entitlements
      .filter(({ status }) => status === "past_due")
      .map(({ entitlementId, subjectRef, productName }) => ({
        objectId: entitlementId,
        subjectRef,
        cause: `A payment for ${toOneLine(productName)} is past due.`,
        count: 1,
      })),
};

const rules = Object.keys(finders) as AlertRule[];

/** Returns the conditions of all enabled rules, each rule and object once. */
export function findConditions(facts: AlertFacts, now: number): Condition[] {
  const found = rules.flatMap((rule) => {
    const { isEnabled, threshold } = findSetting(facts, rule);
    if (!isEnabled) return [];
    return finders[rule](facts, threshold ?? 1, now).map(
      (finding): Condition => ({ subjectRef: null, happenedAt: null, ...finding, rule }),
    );
  });
  return [...new Map(found.map((condition) => [keyOf(condition), condition])).values()];
}

/** Identifies the open alert of a condition. */
export const keyOf = ({ rule, objectId }: Pick<Condition, "rule" | "objectId">): string =>
  `${rule}/${objectId}`;

/** Returns the rules that are disabled. */
export const findDisabledRules = (facts: Settings): AlertRule[] =>
  rules.filter((rule) => !findSetting(facts, rule).isEnabled);

function describeFailingEndpoint(endpoint: EndpointFact, threshold: number): string | null {
  const { isEnabled, disableReason, consecutiveFailures, ownFaultSince } = endpoint;
  const url = formatUrl(endpoint.url);
  if (isEnabled === 0) {
    if (disableReason === "gone") return `${url} responded 410 Gone and was disabled.`;
    if (disableReason === "failing") return `${url} was disabled after five days of failures.`;
    return null;
  }
  if (ownFaultSince !== null) return `A fault of this installation keeps Licenzy from sending to ${url}.`;
  return consecutiveFailures >= threshold
    ? `${url} failed ${threshold} or more attempts in a row. Licenzy retries automatically.`
    : null;
}

/** Drops the query, which may hold a secret. */
function formatUrl(text: string): string {
  const { host, pathname } = new URL(text);
  return pathname === "/" ? host : `${host}${pathname}`;
}

function withFlag({ entitlements }: AlertFacts, flag: string): EntitlementFact[] {
  return entitlements.filter(({ alertFlags }) => (JSON.parse(alertFlags ?? "[]") as string[]).includes(flag));
}

const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count >= 1_000 ? "1,000+" : count} ${count === 1 ? one : many}`;

/** Formats the day in UTC as `29 Dec 2026`. */
const formatDay = (at: number): string => new Date(at).toUTCString().slice(5, 16).replace(/^0/, "");
