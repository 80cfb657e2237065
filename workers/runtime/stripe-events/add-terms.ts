import { readProductTerms } from "../../../shared/db/product-terms.ts";
import { readSignalSettings } from "../../../shared/db/signal-settings.ts";
import type { SubjectFact } from "../../../shared/domain/decide-stripe.ts";
import type { ConnectionContext } from "./connection-context.ts";

/**
 * Puts what the products of the facts' subscriptions include, and the settings of signals, before the facts. The subject
 * then has them when it decides, and merges each version once.
 */
export async function addTerms(
  { env, connection }: ConnectionContext,
  facts: SubjectFact[],
): Promise<SubjectFact[]> {
  const productCodes = [...new Set(facts.flatMap(listProducts))];
  if (facts.length === 0) return facts;
  const [terms, settings] = await Promise.all([
    readProductTerms(env.DB, connection, productCodes),
    readSignalSettings(env.DB, connection),
  ]);
  const known = [...terms].map(([productCode, versions]) => ({
    type: "terms" as const,
    productCode,
    versions,
  }));
  return [...(settings === null ? [] : [{ type: "signals" as const, settings }]), ...known, ...facts];
}

function listProducts(fact: SubjectFact): string[] {
  switch (fact.type) {
    case "subscription":
      return fact.observations.flatMap(({ items }) => items.flatMap(({ productCode }) => productCode ?? []));
    case "invoice":
      return fact.invoice.lines?.flatMap(({ productCode }) => productCode ?? []) ?? [];
    case "refund":
    case "dispute":
      return fact.invoice?.lines?.flatMap(({ productCode }) => productCode ?? []) ?? [];
    case "subscription_sold":
    case "purchase":
    case "terms":
    case "signals":
      return [];
  }
}
