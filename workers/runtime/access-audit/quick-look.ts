import { databasesOf } from "../../../shared/db/databases.ts";
import { classifyFinding } from "../../../shared/domain/access-audit.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import type { GrantTerms } from "../../../shared/domain/entitlement.ts";
import { hasEnded } from "../../../shared/domain/stripe-record.ts";
import { parseFrozenRequest } from "../checkout/frozen-request.ts";
import { type PageFacts, readPageFacts } from "../db/access-audit-owners.ts";
import type { AuditItem } from "./audit-page.ts";
import { compareSubjectAccess, findAppAnswers, type Walk } from "./walk.ts";

/**
 * A first look at the objects of a page, with what Stripe's list itself says: two round trips to D1 for the page and one
 * call per customer's object, and no further read from Stripe. An object that may differ is then examined by itself.
 */

/** Calls to objects at the same time. */
const concurrency = 20;

/** `agrees` with the customer, `examine`, or `skip`: nothing of it can concern access. */
export type Look = { outcome: "agrees"; subjectRef: string } | { outcome: "examine" } | { outcome: "skip" };

type Listed = Extract<AuditItem, { type: "subscription" | "session" }>;

const isListed = (item: AuditItem): item is Listed => item.type === "subscription" || item.type === "session";

/** Returns the look of each item, in their order. */
export async function lookAtPage(walk: Walk, items: AuditItem[]): Promise<Look[]> {
  const listed = items.filter(isListed);
  if (listed.length === 0) return items.map(() => ({ outcome: "examine" }));
  const { env, connection } = walk.context;
  const facts = await readPageFacts(databasesOf(env, connection), connection, {
    stripeIds: listed.flatMap((item) => [item.id, getPaymentId(item)]),
    attemptIds: listed.map(({ ours }) => ours?.attemptId ?? null),
    priceIds: listed.flatMap(getPriceIds),
  });
  const bySubject = new Map<string, SubjectFact[]>();
  const linked = new Map(listed.map((item) => [item, findLinkedSubject(walk, item, facts)]));
  for (const [item, subjectRef] of linked)
    if (subjectRef !== null)
      bySubject.set(subjectRef, [...(bySubject.get(subjectRef) ?? []), buildFact(item, facts)]);
  const agreeing = await findAgreeing(walk, bySubject);
  const looks = new Map(
    [...linked].map(([item, subjectRef]): [AuditItem, Look] => {
      if (subjectRef === null) return [item, { outcome: isEnded(item) ? "skip" : "examine" }];
      const isClear = !hasUnknownPrice(item, facts) && agreeing.has(subjectRef);
      return [item, isClear ? { outcome: "agrees", subjectRef } : { outcome: "examine" }];
    }),
  );
  return items.map((item) => looks.get(item) ?? { outcome: "examine" });
}

const getPaymentId = (item: Listed): string | null =>
  item.type === "session" ? item.parsed.paymentIntentId : null;

const getPriceIds = (item: Listed): string[] =>
  item.type === "subscription" ? item.parsed.observation.items.map(({ priceId }) => priceId) : [];

const isEnded = (item: Listed): boolean =>
  item.type === "subscription" && hasEnded(item.parsed.observation.status);

const hasUnknownPrice = (item: Listed, { products }: PageFacts): boolean =>
  !isEnded(item) && getPriceIds(item).some((priceId) => !products.has(priceId));

/** Returns the subject by the checkout that sold the object, else by the ids on record. */
function findLinkedSubject({ context }: Walk, item: Listed, { attempts, owners }: PageFacts): string | null {
  const { projectId, mode } = context.connection;
  const attempt = attempts.get(item.ours?.attemptId ?? "");
  if (attempt?.projectId === projectId && attempt.mode === mode) return attempt.subjectRef;
  return owners.get(item.id) ?? owners.get(getPaymentId(item) ?? "") ?? null;
}

/** Of an adopted payment. The ledger has its own, and these count only if the payment is missing there. */
export const unknownTerms: GrantTerms = {
  kind: "usage_pack",
  productCode: "",
  units: 1,
  durationDays: null,
  expiresAfterDays: null,
};

/** Builds the fact of what Stripe lists. Times are estimates, which replace no better ones. */
function buildFact(item: Listed, { attempts, products }: PageFacts): SubjectFact {
  const attempt = attempts.get(item.ours?.attemptId ?? "");
  if (item.type === "subscription") {
    const { subscriptionId, observation, customerId } = item.parsed;
    const items = observation.items.map((each) => ({
      ...each,
      productCode: products.get(each.priceId) ?? null,
    }));
    const origin = {
      attemptId: attempt?.attemptId ?? null,
      customerId,
      soldProductCode: null,
      metadata: null,
    };
    return { type: "subscription", subscriptionId, origin, observations: [{ ...observation, items }] };
  }
  const { sessionId, paymentIntentId, customerId, amountTotal, currency, at } = item.parsed;
  return {
    type: "purchase",
    terms: attempt === undefined ? unknownTerms : parseFrozenRequest(attempt).terms,
    paidAt: at,
    paidAtFrom: "estimate",
    purchase: {
      attemptId: attempt?.attemptId ?? null,
      // An adopted payment is recorded without its session.
      checkoutSessionId: attempt === undefined ? null : sessionId,
      paymentIntentId,
      subscriptionId: null,
      customerId,
      amountTotal,
      currency,
      metadata: {},
    },
  };
}

/** Returns the subjects with the same access before and after the facts. */
async function findAgreeing(walk: Walk, bySubject: ReadonlyMap<string, SubjectFact[]>): Promise<Set<string>> {
  const agreeing = new Set<string>();
  const answers = await findAppAnswers(walk, [...bySubject.keys()]);
  const waiting = [...bySubject];
  while (waiting.length > 0)
    await Promise.all(
      waiting.splice(0, concurrency).map(async ([subjectRef, facts]) => {
        // If a customer's data does not respond, it is examined alone.
        const comparison = await compareSubjectAccess(walk, subjectRef, facts).catch(() => null);
        if (comparison === null) return;
        const evidence = { isErased: false, owner: "linked", isOpen: true, hasUnknownPrice: false } as const;
        const app = answers.get(subjectRef) ?? null;
        if (classifyFinding({ ...evidence, comparison, app }) === "agrees") agreeing.add(subjectRef);
      }),
    );
  return agreeing;
}
