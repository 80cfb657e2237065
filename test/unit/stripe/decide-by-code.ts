import { decideAccess } from "../../../shared/domain/decision.ts";
import type { Merger } from "./merge-event.ts";
import { isMisreading } from "./misreading.ts";
import type { Truth } from "./model/truth.ts";
import type { Verdict } from "./oracle/verdict.ts";
import type { Answer } from "./oracle.ts";

const reversalFlags: readonly string[] = ["partly_refunded", "partly_lost", "reversal_in_other_currency"];

/** Returns the flags of the code about money that was taken back, by product. */
export function flagByCode(merger: Merger, truth: Truth): Record<string, string[]> {
  const flags: Record<string, string[]> = {};
  for (const entitlement of merger.state.entitlements.values()) {
    if (isMisreading(entitlement, truth)) continue;
    const of = entitlement.flags.filter((flag) => reversalFlags.includes(flag));
    const { productCode } = entitlement;
    flags[productCode] = [...new Set([...(flags[productCode] ?? []), ...of])].toSorted();
  }
  return flags;
}

/** Returns the decision of the code in the oracle's form. */
export function decideByCode(merger: Merger, truth: Truth, now: number): Answer {
  const entitlements = [...merger.state.entitlements.values()].filter((each) => !isMisreading(each, truth));
  const decide = (product?: string): Verdict => {
    const of = entitlements.filter(({ productCode }) => product === undefined || productCode === product);
    const decision = decideAccess(of, now);
    return decision.allowed ? "allowed" : decision.reason;
  };
  const products = [...new Set(entitlements.map(({ productCode }) => productCode))].toSorted();
  return {
    overall: decide(),
    products: Object.fromEntries(products.map((product) => [product, decide(product)])),
  };
}
