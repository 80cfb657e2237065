import { parseArgs } from "node:util";
import { StackError } from "./stack-error.ts";

export interface StartOptions {
  /** Seed nothing. */
  empty: boolean;
  /** Run under `wrangler dev`, which reloads on save. */
  watch: boolean;
  port: number;
  stripeSecretKey: string | undefined;
}

/** Reads the options of `npm start` and `npm run dev`: --empty, --watch, PORT, STRIPE_SECRET_KEY. */
export function readStartOptions(): StartOptions {
  const { empty = false, watch = false } = parseFlags();
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
  return { empty, watch, port, stripeSecretKey };
}

function parseFlags() {
  try {
    return parseArgs({ options: { empty: { type: "boolean" }, watch: { type: "boolean" } } }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new StackError(`${message}\nnpm start takes --empty and --watch.`);
  }
}
