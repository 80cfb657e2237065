import { parseArgs } from "node:util";
import { StackError } from "./stack-error.ts";

export interface StartOptions {
  /** Seed nothing. */
  empty: boolean;
  /** Seed, and fill the project with customers who lived through 22 days. */
  demoData: boolean;
  /** Run under `wrangler dev`, which reloads on save. */
  watch: boolean;
  port: number;
  stripeSecretKey: string | undefined;
}

/** Reads the options of `npm start` and `npm run dev`: --empty, --demo-data, --watch, PORT, STRIPE_SECRET_KEY. */
export function readStartOptions(): StartOptions {
  const { empty = false, watch = false, "demo-data": demoData = false } = parseFlags();
  if (empty && demoData) throw new StackError("Use either --empty or --demo-data.");
  const port = Number(process.env["PORT"] || 8787);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StackError(`PORT must be a number from 0 (any free one) to 65535, not ${process.env["PORT"]}.`);
  }
  const stripeSecretKey = process.env["STRIPE_SECRET_KEY"] || undefined;
  if (stripeSecretKey !== undefined && !/^(sk|rk)_test_/.test(stripeSecretKey)) {
    throw new StackError("STRIPE_SECRET_KEY must be the key of a test account (sk_test_… or rk_test_…).");
  }
  if (stripeSecretKey !== undefined && !empty) {
    throw new StackError(
      "The demo project lives at pocket Stripe, not at a real test account: with STRIPE_SECRET_KEY use npm start -- --empty, or unset it.",
    );
  }
  return { empty, demoData, watch, port, stripeSecretKey };
}

function parseFlags() {
  try {
    const flag = { type: "boolean" } as const;
    return parseArgs({ options: { empty: flag, "demo-data": flag, watch: flag } }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StackError(`${message}\nnpm start takes --empty, --demo-data and --watch.`);
  }
}
