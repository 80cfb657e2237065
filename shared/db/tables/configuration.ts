import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import {
  allowanceIntervals,
  checkoutLocales,
  entitlementKinds,
  lowBalanceUnits,
  modes,
  planStatuses,
  regions,
} from "../../contract/enums.ts";
import { timestampMs } from "./columns.ts";

/**
 * Configuration, with D1 as the source of truth. Written by the portal, and by the runtime if Stripe or a
 * Keyring is involved.
 */

export const accounts = sqliteTable("accounts", {
  accountId: text("account_id").primaryKey(),
  name: text("name").notNull(),
  planStatus: text("plan_status", { enum: planStatuses }).notNull(),
  /** Grows with every change of the plan, so that a Keyring never replaces a newer plan with an older one. */
  planVersion: integer("plan_version").notNull().default(1),
  /** When every Keyring of the account had confirmed the plan; null while a sweep still has to send it. */
  planSyncedAt: timestampMs("plan_synced_at"),
  /** When a sweep last tried to send it. The least recently tried one is next. */
  planSyncTriedAt: timestampMs("plan_sync_tried_at"),
  createdAt: timestampMs("created_at").notNull(),
  updatedAt: timestampMs("updated_at").notNull(),
});

export const projects = sqliteTable(
  "projects",
  {
    projectId: text("project_id").primaryKey(),
    accountId: text("account_id").notNull(),
    name: text("name").notNull(),
    /** The region of the project's objects. Fixed at creation, because every key contains it. */
    region: text("region", { enum: regions }).notNull(),
    successUrl: text("success_url"),
    cancelUrl: text("cancel_url"),
    graceDays: integer("grace_days").notNull().default(0),
    archivedAt: timestampMs("archived_at"),
    /** Requests per key in 10 s; null until an operator sets it. */
    rateLimit: integer("rate_limit"),
    /** Grows with every change of the rate limit, as the plan's version does; 0 when it was never set. */
    rateLimitVersion: integer("rate_limit_version").notNull().default(0),
    /** When both Keyrings of the project had confirmed it; null while a sweep still has to send it. */
    rateLimitSyncedAt: timestampMs("rate_limit_synced_at"),
    /** When a sweep last tried to send it. The least recently tried one is next. */
    rateLimitSyncTriedAt: timestampMs("rate_limit_sync_tried_at"),
    /** At how much a customer's balance is low, in `low_balance_in`; null: off; 0: off. */
    lowBalance: integer("low_balance"),
    lowBalanceIn: text("low_balance_in", { enum: lowBalanceUnits }),
    /** How many days before its end an entitlement is expiring; null: off; 0: off. */
    expiringDays: integer("expiring_days"),
    /** Grows with every change of these settings, of the project or a product: a customer never goes back to older ones. */
    signalsVersion: integer("signals_version").notNull().default(0),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    index("projects_by_account").on(table.accountId),
    index("projects_unsynced_rate_limit")
      .on(table.rateLimitSyncTriedAt)
      .where(sql`rate_limit_version > 0 AND rate_limit_synced_at IS NULL`),
  ],
);

export const products = sqliteTable(
  "products",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    productCode: text("product_code").notNull(),
    name: text("name").notNull(),
    kind: text("kind", { enum: entitlementKinds }).notNull(),
    /** The current price; former ones stay in `product_prices`. */
    stripePriceId: text("stripe_price_id").notNull(),
    units: integer("units"),
    durationDays: integer("duration_days"),
    expiresAfterDays: integer("expires_after_days"),
    /** The product that a customer who lost this one is offered; null for this one again. */
    sellInstead: text("sell_instead"),
    /** What Stripe's checkout page offers and collects. */
    promotionCodes: integer("promotion_codes", { mode: "boolean" }).notNull().default(false),
    collectsTax: integer("collects_tax", { mode: "boolean" }).notNull().default(false),
    /** Null: the language of the customer's browser. */
    locale: text("locale", { enum: checkoutLocales }),
    /** Subscriptions only. */
    trialDays: integer("trial_days"),
    /** At how much a customer's balance is low, in `low_balance_in`; null: the project's; 0: off. */
    lowBalance: integer("low_balance"),
    lowBalanceIn: text("low_balance_in", { enum: lowBalanceUnits }),
    /** How many days before its end an entitlement is expiring; null: the project's; 0: off. */
    expiringDays: integer("expiring_days"),
    archivedAt: timestampMs("archived_at"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.productCode] })],
);

/**
 * What a product of kind `subscription` includes, in versions that never change: a subject that knows a version never
 * has to forget it. Of the versions that have begun by `from_at`, the highest applies.
 */
export const productTerms = sqliteTable(
  "product_terms",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    productCode: text("product_code").notNull(),
    version: integer("version").notNull(),
    fromAt: timestampMs("from_at").notNull(),
    /** 0: nothing from then on. */
    units: integer("units").notNull(),
    every: text("every", { enum: allowanceIntervals }).notNull(),
    rolloverWindows: integer("rollover_windows").notNull(),
    rolloverMax: integer("rollover_max"),
    inTrial: integer("in_trial"),
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.productCode, table.version] })],
);

/**
 * Current and former prices. A price belongs to one product permanently, so that existing customers keep
 * their product.
 */
export const productPrices = sqliteTable(
  "product_prices",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    stripePriceId: text("stripe_price_id").notNull(),
    productCode: text("product_code").notNull(),
    createdAt: timestampMs("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.stripePriceId] })],
);

export const stripeConnections = sqliteTable(
  "stripe_connections",
  {
    connectionId: text("connection_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** Sealed with the runtime's wrapping key (shared/kit/encryption.ts). */
    apiKeySealed: text("api_key_sealed").notNull(),
    webhookSecretSealed: text("webhook_secret_sealed").notNull(),
    /**
     * When Stripe's signing secret was stored; null while a random placeholder is stored. No signature
     * matches the placeholder, so every event is rejected until the webhook is registered or its secret is
     * entered.
     */
    webhookSetAt: timestampMs("webhook_set_at"),
    /**
     * The id of the endpoint that Licenzy registered at Stripe; null when an operator created it manually.
     */
    webhookEndpointId: text("webhook_endpoint_id"),
    /**
     * The Stripe account id, and below it the displayable part of the key: prefix and last four characters.
     */
    stripeAccountId: text("stripe_account_id"),
    apiKeyHint: text("api_key_hint"),
    /**
     * Every event that Stripe created before this time is in the inbox. Written by the runtime, like the two
     * below.
     */
    sweptTo: timestampMs("swept_to"),
    nextSweepAt: timestampMs("next_sweep_at"),
    /** The error of the last sweep; null when it succeeded. */
    sweepError: text("sweep_error"),
    /** Unused since `stripe_backfills`. The former release writes them while a migration is applied. */
    rereadStartedAt: timestampMs("reread_started_at"),
    rereadAfter: text("reread_after"),
    createdAt: timestampMs("created_at").notNull(),
    updatedAt: timestampMs("updated_at").notNull(),
  },
  (table) => [
    uniqueIndex("stripe_connections_one_per_mode").on(table.projectId, table.mode),
    index("stripe_connections_by_next_sweep").on(table.nextSweepAt),
  ],
);

export const apiKeys = sqliteTable(
  "api_keys",
  {
    keyId: text("key_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    name: text("name").notNull(),
    /** SHA-256 of the key, in hex. The key itself is not stored. */
    keyHash: text("key_hash").notNull(),
    /** Prefix and last four characters, for display. */
    hint: text("hint").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    expiresAt: timestampMs("expires_at"),
    revokedAt: timestampMs("revoked_at"),
    /** Grows with every change of expiry or revocation, so that a Keyring never replaces newer state with older. */
    version: integer("version").notNull().default(1),
    /** When the Keyring confirmed the current row; null while a sweep still has to send it. */
    syncedAt: timestampMs("synced_at"),
    /** When a sweep last tried to send it. The least recently tried one is next. */
    syncTriedAt: timestampMs("sync_tried_at"),
    /** The approximate last use: counted in the runtime's memory and updated at most once a minute. */
    lastUsedAt: timestampMs("last_used_at"),
  },
  (table) => [
    index("api_keys_by_project").on(table.projectId, table.mode),
    index("api_keys_unsynced").on(table.projectId, table.mode).where(sql`synced_at IS NULL`),
  ],
);
