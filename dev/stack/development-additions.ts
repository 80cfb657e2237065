import { nameOfDatabase } from "../../shared/db/databases.ts";
import type { WorkerName } from "./paths.ts";
import type { StackSecrets } from "./secrets.ts";

export interface AdditionsInput {
  /** The address of the stack, `http://localhost:<port>`. */
  origin: string;
  /** Where requests for api.stripe.com go, without `/v1`. Missing: pocket Stripe. */
  stripeBase: string | undefined;
  secrets: StackSecrets;
  /** How many data databases there are. The first is the control database. */
  databases: number;
}

/** The bindings of one worker that only development has. */
export interface Additions {
  services: Record<string, { name: WorkerName; entrypoint?: string }>;
  vars: Record<string, string>;
  /** In production, `wrangler secret put` sets these. */
  secrets: Record<string, string>;
}

const dev = { DEV: { name: "licenzy-dev-gateway", entrypoint: "Dev" } } as const;

/** The ids of the further data databases by binding. Every worker that binds `DB` has them. */
export const furtherDatabases = (databases: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: databases - 1 }, (_, index) => {
      const name = nameOfDatabase(index + 1);
      return [name, `licenzy-${name.toLowerCase().replace("_", "-")}`];
    }),
  );

/**
 * Lists the additions of development to the deployable configuration of each worker. `npm start` and `npm run
 * dev` both read this list, and nothing else adds a binding.
 */
export function developmentAdditions({
  origin,
  stripeBase,
  secrets,
}: Omit<AdditionsInput, "databases">): Record<WorkerName, Additions> {
  // Quiet by default; `LOG_LEVEL=info npm start` logs a line per request.
  const logLevel = { LOG_LEVEL: process.env["LOG_LEVEL"] || "warn" };
  const publicOrigin = { PUBLIC_ORIGIN: origin };
  const mailbox = { MAIL: { name: "licenzy-dev-gateway", entrypoint: "Mailbox" } } as const;
  const mailFrom = { MAIL_FROM: "licenzy@mail.example" };
  return {
    "licenzy-dev-gateway": {
      services: {},
      vars: { ...publicOrigin, ...(stripeBase === undefined ? {} : { STRIPE_BASE: stripeBase }) },
      secrets: {},
    },
    "licenzy-runtime": {
      services: dev,
      // With LOG_LEVEL=info a developer wants all lines.
      vars: { ...logLevel, LOG_SHARE: "1" },
      secrets: { STRIPE_WRAPPING_KEYS: JSON.stringify(secrets.stripeWrappingKeys) },
    },
    "licenzy-portal": {
      services: { ...dev, ...mailbox },
      vars: { ...logLevel, ...publicOrigin, ...mailFrom },
      secrets: { SIGN_IN_SECRET: secrets.signInSecret, SETUP_TOKEN: secrets.setupToken },
    },
    "licenzy-deliveries": {
      services: { ...dev, ...mailbox },
      vars: { ...logLevel, ...publicOrigin, ...mailFrom },
      secrets: { WEBHOOK_WRAPPING_KEYS: JSON.stringify(secrets.webhookWrappingKeys) },
    },
    "licenzy-pocket-stripe": {
      services: { ...dev, GATEWAY: { name: "licenzy-dev-gateway" } },
      vars: publicOrigin,
      secrets: {},
    },
  };
}
