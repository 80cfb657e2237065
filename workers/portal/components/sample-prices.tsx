import { buildPath, type PortalContext } from "../request-context.ts";
import { ActionButton } from "./fields.tsx";

/**
 * Returns whether pocket Stripe replaces Stripe. In production it never does, and in development it does unless the
 * stack runs with the key of a real Stripe account.
 */
export async function usesPocketStripe(c: PortalContext): Promise<boolean> {
  return c.env.DEV !== undefined && (await c.env.DEV.usesPocketStripe());
}

/**
 * Development only: creates the demo's prices in the account of pocket Stripe, with a control of the development
 * gateway. The control redirects back to `page`.
 */
export function SamplePricesButton({
  c,
  accountId,
  page,
}: {
  c: PortalContext;
  accountId: string;
  page: "/stripe" | "/products/new";
}) {
  return (
    <ActionButton
      action="/__dev/sample-prices"
      label="Create sample prices"
      fields={{ account: accountId, mode: c.get("mode"), return_to: buildPath(c, page) }}
    />
  );
}

/** Confirms sample prices after the control's redirect. */
export function readSamplePricesFlash(c: PortalContext) {
  return c.env.DEV !== undefined && c.req.query("sample_prices") === "created"
    ? { flash: { tone: "good" as const, text: "The sample prices are ready. Choose one for each product." } }
    : {};
}
