import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { APIError } from "better-auth/api";
import { betterAuth } from "better-auth/minimal";
import { twoFactor } from "better-auth/plugins/two-factor";
import { drizzle } from "drizzle-orm/d1";
import {
  operatorIdentities,
  operatorSessions,
  operators,
  secondFactors,
  signInVerifications,
} from "../../../shared/db/tables/sign-in.ts";
import { hasOpenInvitation } from "../db/invitations.ts";
import type { PortalEnv } from "../env.ts";
import { cookiePrefix } from "../http/cookies.ts";
import { shortenName } from "./names.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { recordProviderLink } from "./record-provider-link.ts";

const sessionLifetimeSeconds = 7 * 24 * 60 * 60;

/**
 * Configures better-auth on the portal's own tables: accounts, sessions, second factors, and OAuth with
 * Google and Microsoft. Its handler is never mounted. Pages call its API, and only OAuth callbacks are passed
 * to its handler. check-credential.ts has the limits and verifies codes, so the library's own are off.
 *
 * There is no self-service sign-up. A new operator must have been invited, also when signing in with Google.
 * An identity at a provider is linked to an existing operator only from the account page, never by signing
 * in.
 */
export function createSignInService(env: PortalEnv, origin: string) {
  return betterAuth({
    appName: "Licenzy",
    baseURL: origin,
    basePath: "/sign-in",
    secret: env.SIGN_IN_SECRET,
    telemetry: { enabled: false },
    // The portal shows its own messages. The library's log lines would contain email addresses.
    logger: { disabled: true },
    onAPIError: { errorURL: `${origin}/sign-in` },
    database: drizzleAdapter(drizzle(env.DB), {
      provider: "sqlite",
      schema: {
        user: operators,
        session: operatorSessions,
        account: operatorIdentities,
        verification: signInVerifications,
        twoFactor: secondFactors,
      },
    }),
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      password: { hash: hashPassword, verify: ({ password, hash }) => verifyPassword(password, hash) },
    },
    session: { expiresIn: sessionLifetimeSeconds, disableSessionRefresh: true },
    account: { encryptOAuthTokens: true, accountLinking: { disableImplicitLinking: true } },
    rateLimit: { enabled: false },
    socialProviders: configuredProviders(env),
    advanced: {
      cookiePrefix: cookiePrefix(origin),
      // Otherwise the library puts `__Secure-` in front of our prefix.
      useSecureCookies: false,
      defaultCookieAttributes: {
        httpOnly: true,
        sameSite: "lax",
        path: "/",
        secure: origin.startsWith("https:"),
      },
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
    },
    databaseHooks: {
      account: {
        create: {
          before: async ({ userId, providerId }, context) => {
            const ipAddress = context?.headers?.get("CF-Connecting-IP") ?? null;
            await recordProviderLink(env, { operatorId: userId, providerId, ipAddress });
          },
        },
      },
      user: {
        create: {
          before: async (user) => {
            // An email that the provider has not verified does not prove that its owner was invited.
            if (!user.emailVerified)
              throw new APIError("FORBIDDEN", { code: "email_not_verified", message: "" });
            if (!(await hasOpenInvitation(env.DB, user.email, Date.now()))) return false;
            return { data: { ...user, name: shortenName(user.name) } };
          },
        },
      },
    },
    plugins: [twoFactor({ issuer: "Licenzy", allowPasswordless: true, accountLockout: { enabled: false } })],
  });
}

export const providerLabels = { google: "Google", microsoft: "Microsoft" } as const;
export type Provider = keyof typeof providerLabels;

/** Returns the providers that have a client id and secret. */
export function listProviders(env: PortalEnv): Provider[] {
  return Object.keys(configuredProviders(env)) as Provider[];
}

function configuredProviders(env: PortalEnv) {
  const google = { clientId: env.GOOGLE_CLIENT_ID, clientSecret: env.GOOGLE_CLIENT_SECRET };
  const microsoft = { clientId: env.MICROSOFT_CLIENT_ID, clientSecret: env.MICROSOFT_CLIENT_SECRET };
  return {
    ...(isComplete(google) ? { google: { ...google, disableImplicitSignUp: true } } : {}),
    ...(isComplete(microsoft) ? { microsoft: { ...microsoft, disableImplicitSignUp: true } } : {}),
  };
}

function isComplete(client: {
  clientId: string | undefined;
  clientSecret: string | undefined;
}): client is { clientId: string; clientSecret: string } {
  return client.clientId !== undefined && client.clientSecret !== undefined;
}
