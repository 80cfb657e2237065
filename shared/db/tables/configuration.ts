import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { kinds, modes, planStatuses, regions } from "../../contract/words.ts";
import { moment } from "./columns.ts";

/** Configuration: D1 is the truth. Written by the portal and, where Stripe or a Keyring is involved, by its entrypoint. */

export const accounts = sqliteTable("accounts", {
  accountId: text("account_id").primaryKey(),
  name: text("name").notNull(),
  planStatus: text("plan_status", { enum: planStatuses }).notNull(),
  /** When every Keyring of the account confirmed the plan; null while a sweep still has to tell one. */
  planSyncedAt: moment("plan_synced_at"),
  createdAt: moment("created_at").notNull(),
  updatedAt: moment("updated_at").notNull(),
});

export const projects = sqliteTable(
  "projects",
  {
    projectId: text("project_id").primaryKey(),
    accountId: text("account_id").notNull(),
    name: text("name").notNull(),
    /** Where the project's objects live. Fixed at creation: it is in every key. */
    region: text("region", { enum: regions }).notNull(),
    successUrl: text("success_url"),
    cancelUrl: text("cancel_url"),
    graceDays: integer("grace_days").notNull().default(0),
    archivedAt: moment("archived_at"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [index("projects_by_account").on(table.accountId)],
);

export const products = sqliteTable(
  "products",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    productCode: text("product_code").notNull(),
    name: text("name").notNull(),
    kind: text("kind", { enum: kinds }).notNull(),
    /** The price that is sold today; former ones stay in `product_prices`. */
    stripePriceId: text("stripe_price_id").notNull(),
    units: integer("units"),
    durationDays: integer("duration_days"),
    expiresAfterDays: integer("expires_after_days"),
    archivedAt: moment("archived_at"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.productCode] })],
);

/** Every price a product has had: a price belongs to one product for good, so old buyers keep their product. */
export const productPrices = sqliteTable(
  "product_prices",
  {
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    stripePriceId: text("stripe_price_id").notNull(),
    productCode: text("product_code").notNull(),
    createdAt: moment("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.mode, table.stripePriceId] })],
);

export const stripeConnections = sqliteTable(
  "stripe_connections",
  {
    connectionId: text("connection_id").primaryKey(),
    projectId: text("project_id").notNull(),
    mode: text("mode", { enum: modes }).notNull(),
    /** Sealed with the runtime's wrapping key (shared/kit/crypto-box.ts). */
    apiKeySealed: text("api_key_sealed").notNull(),
    webhookSecretSealed: text("webhook_secret_sealed").notNull(),
    /**
     * When the signing secret became Stripe's; null while it is one that nobody knows, so that no signature fits until
     * the webhook is registered or its secret is entered.
     */
    webhookSetAt: moment("webhook_set_at"),
    /** Of Stripe's endpoint that we registered; null when it was made by hand. */
    webhookEndpointId: text("webhook_endpoint_id"),
    /** The account at Stripe, and what people may see of the key: prefix and last four characters. */
    stripeAccountId: text("stripe_account_id"),
    apiKeyHint: text("api_key_hint"),
    /** Every event that Stripe made before is in the inbox. Written by the runtime, like the four below. */
    sweptTo: moment("swept_to"),
    nextSweepAt: moment("next_sweep_at"),
    /** What the last sweep failed with; null when it went well. */
    sweepError: text("sweep_error"),
    /** Set while all known objects are read because events of a gap are not listed any more: since when, how far. */
    rereadStartedAt: moment("reread_started_at"),
    rereadAfter: text("reread_after"),
    createdAt: moment("created_at").notNull(),
    updatedAt: moment("updated_at").notNull(),
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
    /** SHA-256 of the key, in hex. The key itself is stored nowhere. */
    keyHash: text("key_hash").notNull(),
    /** Prefix and last four characters, for people. */
    hint: text("hint").notNull(),
    createdAt: moment("created_at").notNull(),
    expiresAt: moment("expires_at"),
    revokedAt: moment("revoked_at"),
    /** When the Keyring confirmed this row as it is; null while a sweep still has to tell it. */
    syncedAt: moment("synced_at"),
    /** About when it was last used: counted in the runtime's memory, moved a minute at a time. */
    lastUsedAt: moment("last_used_at"),
  },
  (table) => [
    index("api_keys_by_project").on(table.projectId, table.mode),
    index("api_keys_unsynced").on(table.projectId, table.mode).where(sql`synced_at IS NULL`),
  ],
);
