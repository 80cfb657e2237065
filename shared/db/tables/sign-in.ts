import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { timestampMs } from "./columns.ts";

/**
 * Operators, their sessions and their ways to sign in. better-auth reads and writes these tables through
 * Drizzle, so the properties use its field names, and times are `Date` objects (milliseconds in D1). Written
 * by the portal only; the retention sweep deletes what has ended.
 */
const date = (name: string) => integer(name, { mode: "timestamp_ms" });

export const operators = sqliteTable("operators", {
  id: text("operator_id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: integer("email_verified", { mode: "boolean" }).notNull().default(false),
  image: text("image"),
  twoFactorEnabled: integer("two_factor_enabled", { mode: "boolean" }).default(false),
  createdAt: date("created_at").notNull(),
  updatedAt: date("updated_at").notNull(),
});

export const operatorSessions = sqliteTable(
  "operator_sessions",
  {
    id: text("session_id").primaryKey(),
    userId: text("operator_id").notNull(),
    /** Useless without the signature that the cookie carries in addition to the token. */
    token: text("token").notNull().unique(),
    expiresAt: date("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    /**
     * When the operator last authenticated with a password or a code. `null` while sign-in is incomplete:
     * Google or Microsoft has confirmed the identity, and the second factor is pending.
     */
    provenAt: date("proven_at"),
    createdAt: date("created_at").notNull(),
    updatedAt: date("updated_at").notNull(),
  },
  (table) => [
    index("operator_sessions_by_operator").on(table.userId),
    index("operator_sessions_by_expiry").on(table.expiresAt),
  ],
);

/** A sign-in method: `credential` with a password hash, or an identity at Google or Microsoft. */
export const operatorIdentities = sqliteTable(
  "operator_identities",
  {
    id: text("identity_id").primaryKey(),
    userId: text("operator_id").notNull(),
    accountId: text("provider_account_id").notNull(),
    providerId: text("provider_id").notNull(),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: date("access_token_expires_at"),
    refreshTokenExpiresAt: date("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password_hash"),
    createdAt: date("created_at").notNull(),
    updatedAt: date("updated_at").notNull(),
  },
  (table) => [index("operator_identities_by_operator").on(table.userId)],
);

/** Short-lived values of a sign-in in progress: OAuth states and second-factor challenges. */
export const signInVerifications = sqliteTable(
  "sign_in_verifications",
  {
    id: text("verification_id").primaryKey(),
    identifier: text("identifier").notNull(),
    value: text("value").notNull(),
    expiresAt: date("expires_at").notNull(),
    createdAt: date("created_at").notNull(),
    updatedAt: date("updated_at").notNull(),
  },
  (table) => [
    index("sign_in_verifications_by_identifier").on(table.identifier),
    index("sign_in_verifications_by_expiry").on(table.expiresAt),
  ],
);

export const secondFactors = sqliteTable("second_factors", {
  id: text("second_factor_id").primaryKey(),
  userId: text("operator_id").notNull().unique(),
  /** Sealed by better-auth with the portal's sign-in secret. */
  secret: text("secret_sealed").notNull(),
  backupCodes: text("backup_codes_sealed").notNull(),
  verified: integer("verified", { mode: "boolean" }).default(true),
  failedVerificationCount: integer("failed_verification_count").default(0),
  lockedUntil: date("locked_until"),
  /**
   * The 30-second step of the last code that was accepted. A code of this step or an earlier one is refused.
   */
  lastTimeStep: integer("last_time_step"),
});

/**
 * Attempts at a password or code in a 15-minute window, by counter. What a stranger chooses (an address, a
 * place) is hashed with a key into a fixed number of names, so the table has a bound
 * (workers/portal/auth/limits.ts).
 */
export const signInThrottles = sqliteTable(
  "sign_in_throttles",
  {
    name: text("name").primaryKey(),
    failures: integer("failures").notNull(),
    windowEndsAt: integer("window_ends_at").notNull(),
  },
  (table) => [index("sign_in_throttles_by_end").on(table.windowEndsAt)],
);

/**
 * The creator of a reset link of `npm run reset-link`. No operator has this id, and access to D1 is the command's only
 * authority.
 */
export const resetLinkCommand = "npm run reset-link";

/** The open reset link of an operator. Using it deletes the row; a new link replaces it. */
export const signInResets = sqliteTable(
  "sign_in_resets",
  {
    operatorId: text("operator_id").primaryKey(),
    /** SHA-256 of the link's token, in hex. */
    tokenHash: text("token_hash").notNull(),
    /** The owner who created the link, the operator who requested a mail, or `resetLinkCommand`. */
    createdBy: text("created_by").notNull(),
    createdAt: timestampMs("created_at").notNull(),
    expiresAt: timestampMs("expires_at").notNull(),
    /** Whether the link also turns off the second factor, for an operator who has lost it. */
    endsSecondFactor: integer("ends_second_factor", { mode: "boolean" }).notNull(),
  },
  (table) => [uniqueIndex("sign_in_resets_by_token").on(table.tokenHash)],
);
