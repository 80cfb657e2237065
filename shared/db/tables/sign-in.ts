import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * Who operators are and how they prove it. better-auth reads and writes these through Drizzle, so the properties bear
 * its field names; its moments are `Date` objects (milliseconds in D1). Written by the portal only.
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
    /** Worth nothing without the signature that the cookie carries beside it. */
    token: text("token").notNull().unique(),
    expiresAt: date("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    /**
     * When the operator last proved who they are, by password or code. `null` while sign-in is not finished: Google or
     * Microsoft vouched for somebody, and the second factor is still asked.
     */
    provenAt: date("proven_at"),
    createdAt: date("created_at").notNull(),
    updatedAt: date("updated_at").notNull(),
  },
  (table) => [index("operator_sessions_by_operator").on(table.userId)],
);

/** A way to sign in: `credential` with a password's hash, or an identity at Google or Microsoft. */
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

/** Short-lived values of sign-in under way: OAuth states and second-factor challenges. */
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
  (table) => [index("sign_in_verifications_by_identifier").on(table.identifier)],
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
});

/** Failed tries at a password or a token, counted by what was tried (`email:<hash>`, `ip:<address>`). */
export const signInThrottles = sqliteTable("sign_in_throttles", {
  name: text("name").primaryKey(),
  failures: integer("failures").notNull(),
  windowEndsAt: integer("window_ends_at").notNull(),
});
