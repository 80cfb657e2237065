import { parseArgs } from "node:util";
import { StackError } from "./stack-error.ts";

/** How to reach a Stripe test account. */
export interface StripeAccess {
  /** `sk_test_…` or `rk_test_…`. */
  secretKey: string;
  /** The base of Stripe's API, without `/v1`. */
  base: string;
  /** The signing secret that `stripe listen` printed. Missing: events are only polled. */
  webhookSecret: string | undefined;
}

export interface StartOptions {
  /** Seed nothing. */
  empty: boolean;
  /** Seed, and fill the project with customers who lived through 22 days. */
  demoData: boolean;
  /** Run under `wrangler dev`, which reloads on save. */
  watch: boolean;
  /** How many data databases there are at least. */
  databases: number;
  port: number;
  /** Stripe itself, with the key of a test account. Missing: pocket Stripe. */
  stripe: StripeAccess | undefined;
}

/** Reads the options of `npm start` and `npm run dev`: --empty, --demo-data, --watch, --databases, PORT, and those of `readStripeAccess`. */
export function readStartOptions(): StartOptions {
  const {
    empty = false,
    watch = false,
    "demo-data": demoData = false,
    databases: wanted = "1",
  } = parseFlags();
  const databases = Number(wanted);
  if (!Number.isInteger(databases) || databases < 1 || databases > maxDatabases)
    throw new StackError(`--databases takes a number from 1 to ${maxDatabases}, not ${wanted}.`);
  if (empty && demoData) throw new StackError("Use either --empty or --demo-data.");
  const port = Number(process.env["PORT"] || 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StackError(`PORT must be a number from 0 (any free one) to 65535, not ${process.env["PORT"]}.`);
  }
  const stripe = readStripeAccess(process.env);
  if (stripe !== undefined && demoData) {
    throw new StackError(
      "--demo-data needs pocket Stripe, where the clock can be moved and customers pay without a browser: unset STRIPE_SECRET_KEY.",
    );
  }
  return { empty, demoData, watch, databases, port, stripe };
}

/** More are possible in a deployment. */
const maxDatabases = 8;

const stripeBase = "https://api.stripe.com";

/**
 * Reads STRIPE_SECRET_KEY, STRIPE_WEBHOOK_SECRET, and STRIPE_API_BASE, which replaces Stripe's address in tests of this
 * path. Returns `undefined` without a key. Throws StackError for a live key and for anything malformed.
 */
export function readStripeAccess(environment: NodeJS.ProcessEnv): StripeAccess | undefined {
  const secretKey = environment["STRIPE_SECRET_KEY"] || undefined;
  if (secretKey === undefined) return undefined;
  if (/^(sk|rk)_live_/.test(secretKey)) {
    throw new StackError(
      "STRIPE_SECRET_KEY is a live key. This stack creates products and sells them to test customers, so it takes test keys only: sk_test_… or rk_test_…, in Stripe under Developers, API keys, with the test mode on.",
    );
  }
  if (!/^(sk|rk)_test_[A-Za-z0-9_]{8,}$/.test(secretKey)) {
    throw new StackError("STRIPE_SECRET_KEY must be the key of a test account: sk_test_… or rk_test_….");
  }
  const webhookSecret = environment["STRIPE_WEBHOOK_SECRET"] || undefined;
  if (webhookSecret !== undefined && !/^whsec_\w{8,}$/.test(webhookSecret)) {
    throw new StackError(
      "STRIPE_WEBHOOK_SECRET must be the signing secret that stripe listen prints: whsec_….",
    );
  }
  const base = (environment["STRIPE_API_BASE"] || stripeBase).replace(/\/+$/, "");
  if (!/^https?:\/\/[^\s/]+/.test(base)) throw new StackError(`STRIPE_API_BASE must be a URL, not ${base}.`);
  return { secretKey, base, webhookSecret };
}

function parseFlags() {
  try {
    const flag = { type: "boolean" } as const;
    return parseArgs({
      options: { empty: flag, "demo-data": flag, watch: flag, databases: { type: "string" } },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StackError(`${message}\nnpm start takes --empty, --demo-data, --watch and --databases.`);
  }
}
