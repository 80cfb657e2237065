import type { IncludedUnits, ProductSignals } from "../../../shared/contract/operations/products.ts";
import { type Refusal, refusal } from "../../../shared/contract/operations/reply.ts";
import type { Scope } from "../../../shared/contract/scope.ts";
import type { Actor } from "../../../shared/db/audit.ts";
import { databasesOf } from "../../../shared/db/databases.ts";
import { readProductTerms } from "../../../shared/db/product-terms.ts";
import type { ProductRow } from "../../../shared/db/products.ts";
import { findTermsAt } from "../../../shared/domain/allowance-terms.ts";
import { insertTerms } from "../db/product-terms.ts";
import { changeSignalSettings } from "../db/signal-settings.ts";
import type { RuntimeEnv } from "../env.ts";

/** What a product has besides the terms of its sale: its signals, and the units that a subscription includes now. */
export interface ProductExtras {
  signals: ProductSignals;
  included: IncludedUnits | null;
  /** The newest version of its included units; 0 for none. */
  version: number;
}

export const noExtras: ProductExtras = {
  signals: { lowBalance: null, lowBalanceIn: null, expiringDays: null },
  included: null,
  version: 0,
};

const nothing: IncludedUnits = {
  units: 0,
  every: "month",
  rolloverWindows: 0,
  rolloverMax: null,
  inTrial: null,
};

export async function readExtras(
  { DB }: RuntimeEnv,
  scope: Scope,
  { productCode, lowBalance, lowBalanceIn, expiringDays }: ProductRow,
  now: number,
): Promise<ProductExtras> {
  const versions = (await readProductTerms(DB, scope, [productCode])).get(productCode) ?? [];
  const { units, every, rolloverWindows, rolloverMax, inTrial } = findTermsAt(versions, now) ?? nothing;
  return {
    signals: { lowBalance, lowBalanceIn, expiringDays },
    included: units === 0 ? null : { units, every, rolloverWindows, rolloverMax, inTrial },
    version: versions.at(-1)?.version ?? 0,
  };
}

const isSame = <T>(one: T, other: T): boolean => JSON.stringify(one) === JSON.stringify(other);

export const hasExtras = (live: ProductExtras, test: ProductExtras): boolean =>
  isSame(live.signals, test.signals) && isSame(live.included, test.included);

/** Gives the product the extras of its twin, each with an audit entry. Those it has already stay unchanged. */
export async function copyExtras(
  env: RuntimeEnv,
  scope: Scope,
  productCode: string,
  { from, to, actor, now }: { from: ProductExtras; to: ProductExtras; actor: Actor; now: number },
): Promise<Refusal | null> {
  const databases = databasesOf(env, scope);
  if (!isSame(to.signals, from.signals)) {
    const action = "project.set_signals" as const;
    const values = { before: to.signals, after: from.signals };
    const audit = { actor, at: now, ...scope, action, target: productCode, ...values };
    await changeSignalSettings(databases, scope, productCode, from.signals, audit);
  }
  if (isSame(to.included, from.included)) return null;
  const terms = from.included ?? nothing;
  // As for terms from now on: Stripe's periods begin at whole seconds.
  const fromAt = now - (now % 1_000);
  const row = { ...scope, productCode, version: to.version + 1, fromAt, ...terms, createdAt: now };
  if (await insertTerms(databases, actor, row)) return null;
  return refusal(
    "conflict",
    "Another operator changed the included units in live mode at the same time. The other terms were copied. Review the product, then copy it again.",
  );
}
