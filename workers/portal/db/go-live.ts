import { sql } from "drizzle-orm";
import type { EntitlementKind } from "../../../shared/contract/enums.ts";
import type {
  CheckoutSettings,
  IncludedUnits,
  ProductSignals,
} from "../../../shared/contract/operations/products.ts";
import { batchBoth, type Databases } from "../../../shared/db/databases.ts";
import { prepareSql } from "../../../shared/db/prepare-sql.ts";

export interface GoLiveFacts {
  isConnected: boolean;
  hasKey: boolean;
  testProducts: number;
  hasWebhookEvent: boolean;
  hasPurchase: boolean;
  /** Of both modes. */
  successUrl: string | null;
  cancelUrl: string | null;
  /** Active test products that live mode lacks, or has with another kind, or other terms, settings or included units. */
  twins: Twin[];
}

export interface Terms {
  kind: EntitlementKind;
  units: number | null;
  durationDays: number | null;
  expiresAfterDays: number | null;
  checkout: CheckoutSettings;
  signals: ProductSignals;
  included: IncludedUnits | null;
}

export interface Twin {
  productCode: string;
  test: Terms;
  /** The product of the same code in live mode; `null` if there is none. */
  live: (Terms & { isArchived: boolean }) | null;
}

/** The checklist names this many products at most, and says that there are more. */
export const maxTwins = 50;

/** Among this many of the newest live events, one by webhook is looked for. */
const maxEvents = 1_000;

const settings = [
  "sell_instead",
  "promotion_codes",
  "collects_tax",
  "locale",
  "trial_days",
  "low_balance",
  "low_balance_in",
  "expiring_days",
];

/** The checkout settings of a product as JSON; the two switches as 0 or 1. */
const checkoutOf = (product: string) => `json_object('sellInstead', ${product}.sell_instead,
  'promotionCodes', ${product}.promotion_codes, 'collectsTax', ${product}.collects_tax,
  'locale', ${product}.locale, 'trialDays', ${product}.trial_days)`;

const signalsOf = (product: string) => `json_object('lowBalance', ${product}.low_balance,
  'lowBalanceIn', ${product}.low_balance_in, 'expiringDays', ${product}.expiring_days)`;

/** What a subscription includes at \`?2\` as JSON; null for nothing. */
const includedIn = (mode: string) => `(SELECT CASE WHEN terms.units > 0 THEN json_object('units', terms.units,
    'every', terms.every, 'rolloverWindows', terms.rollover_windows, 'rolloverMax', terms.rollover_max,
    'inTrial', terms.in_trial) END
  FROM product_terms AS terms WHERE terms.project_id = ?1 AND terms.mode = '${mode}'
    AND terms.product_code = test.product_code AND terms.from_at <= ?2 ORDER BY terms.version DESC LIMIT 1)`;

const selectTwins = `
  SELECT test.product_code AS productCode, test.kind AS testKind, test.units AS testUnits,
    test.duration_days AS testDays, test.expires_after_days AS testExpiry, live.kind AS liveKind,
    live.units AS liveUnits, live.duration_days AS liveDays, live.expires_after_days AS liveExpiry,
    live.archived_at AS archivedAt, ${checkoutOf("test")} AS testCheckout, ${checkoutOf("live")} AS liveCheckout,
    ${signalsOf("test")} AS testSignals, ${signalsOf("live")} AS liveSignals,
    ${includedIn("test")} AS testIncluded, ${includedIn("live")} AS liveIncluded
  FROM products AS test LEFT JOIN products AS live
    ON live.project_id = ?1 AND live.mode = 'live' AND live.product_code = test.product_code
  WHERE test.project_id = ?1 AND test.mode = 'test' AND test.archived_at IS NULL
    AND (live.kind IS NOT test.kind OR live.archived_at IS NOT NULL OR live.units IS NOT test.units
      OR live.duration_days IS NOT test.duration_days OR live.expires_after_days IS NOT test.expires_after_days
      OR ${settings.map((column) => `live.${column} IS NOT test.${column}`).join(" OR ")}
      OR ${includedIn("live")} IS NOT ${includedIn("test")})
  ORDER BY test.product_code LIMIT ${maxTwins + 1}`;

interface TwinRow {
  productCode: string;
  testKind: EntitlementKind;
  testUnits: number | null;
  testDays: number | null;
  testExpiry: number | null;
  liveKind: EntitlementKind | null;
  liveUnits: number | null;
  liveDays: number | null;
  liveExpiry: number | null;
  archivedAt: number | null;
  testCheckout: string;
  liveCheckout: string;
  testSignals: string;
  liveSignals: string;
  testIncluded: string | null;
  liveIncluded: string | null;
}

/** Reads the facts behind the go-live checklist, in one round trip. */
export async function readGoLiveFacts(
  databases: Databases,
  projectId: string,
  now: number,
): Promise<GoLiveFacts> {
  const { control, data } = databases;
  const live = sql`project_id = ${projectId} AND mode = 'live'`;
  const selectFacts = sql`SELECT
    EXISTS (SELECT 1 FROM stripe_connections WHERE ${live}) AS isConnected,
    EXISTS (SELECT 1 FROM api_keys WHERE ${live} AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > ${now})) AS hasKey,
    (SELECT count(*) FROM (SELECT 1 FROM products WHERE project_id = ${projectId} AND mode = 'test'
      AND archived_at IS NULL LIMIT 1)) AS testProducts,
    (SELECT success_url FROM projects WHERE project_id = ${projectId}) AS successUrl,
    (SELECT cancel_url FROM projects WHERE project_id = ${projectId}) AS cancelUrl`;
  const selectProgress = sql`SELECT
    EXISTS (SELECT 1 FROM (SELECT found_by, delivered_at FROM stripe_events WHERE ${live}
      ORDER BY received_at DESC LIMIT ${maxEvents}) WHERE found_by = 'webhook' OR delivered_at IS NOT NULL)
      AS hasWebhookEvent,
    EXISTS (SELECT 1 FROM checkout_attempts WHERE ${live} AND status = 'finalized') AS hasPurchase`;
  const [[facts, twins], [progress]] = await batchBoth(
    databases,
    [prepareSql(control, selectFacts), control.prepare(selectTwins).bind(projectId, now)],
    [prepareSql(data, selectProgress)],
  );
  const row = facts?.results[0] as Record<string, number> & {
    successUrl: string | null;
    cancelUrl: string | null;
  };
  const reached = progress?.results[0] as Record<string, number>;
  return {
    isConnected: row["isConnected"] === 1,
    hasKey: row["hasKey"] === 1,
    testProducts: row["testProducts"] ?? 0,
    hasWebhookEvent: reached["hasWebhookEvent"] === 1,
    hasPurchase: reached["hasPurchase"] === 1,
    successUrl: row.successUrl,
    cancelUrl: row.cancelUrl,
    twins: ((twins?.results ?? []) as unknown as TwinRow[]).map(toTwin),
  };
}

function toTwin(row: TwinRow): Twin {
  const { productCode, liveKind, archivedAt } = row;
  const test = {
    kind: row.testKind,
    units: row.testUnits,
    durationDays: row.testDays,
    expiresAfterDays: row.testExpiry,
    checkout: parseCheckout(row.testCheckout),
    signals: JSON.parse(row.testSignals) as ProductSignals,
    included: parseIncluded(row.testIncluded),
  };
  const live = {
    units: row.liveUnits,
    durationDays: row.liveDays,
    expiresAfterDays: row.liveExpiry,
    checkout: parseCheckout(row.liveCheckout),
    signals: JSON.parse(row.liveSignals) as ProductSignals,
    included: parseIncluded(row.liveIncluded),
  };
  return {
    productCode,
    test,
    live: liveKind === null ? null : { ...live, kind: liveKind, isArchived: archivedAt !== null },
  };
}

const parseIncluded = (json: string | null): IncludedUnits | null =>
  json === null ? null : JSON.parse(json);

function parseCheckout(json: string): CheckoutSettings {
  const { promotionCodes, collectsTax, ...rest } = JSON.parse(json);
  return { ...rest, promotionCodes: promotionCodes === 1, collectsTax: collectsTax === 1 };
}
