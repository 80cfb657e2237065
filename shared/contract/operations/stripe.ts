import { z } from "zod";
import { stripeId } from "./inputs.ts";
import { done, operation } from "./operation.ts";

/** One permission that a Stripe key needs. */
export interface PermissionCheck {
  /** As Stripe's dashboard names it. */
  name: string;
  needs: "Read" | "Write";
  ok: boolean;
  /** The purpose of the permission; or, if it is missing, Stripe's message. */
  note: string;
}

/** Saves the key only if it has every permission. */
export const connectStripe = operation({
  name: "stripe.connect",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["stripe.connect"],
  input: z.strictObject({
    apiKey: z.string().trim().max(255, "Enter a Stripe key of at most 255 characters."),
  }),
  output: done<{ permissions: PermissionCheck[] }>(),
});

/** Checks the stored key again: its permissions can change in Stripe at any time. */
export const checkStripe = operation({
  name: "stripe.check",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: [],
  input: z.strictObject({}),
  output: done<{ permissions: PermissionCheck[] }>(),
});

/** `origin` is the public address of the runtime API. */
export const registerWebhook = operation({
  name: "stripe.register_webhook",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["stripe.register_webhook"],
  input: z.strictObject({ origin: z.url().max(2_048) }),
  output: done(),
});

export const setWebhookSecret = operation({
  name: "stripe.set_webhook_secret",
  worker: "runtime",
  scope: "project",
  role: "admin",
  recentAuth: "live",
  audit: ["stripe.set_webhook_secret"],
  input: z.strictObject({
    secret: z
      .string()
      .trim()
      .regex(
        /^whsec_[A-Za-z0-9+/=_]{16,200}$/,
        "Enter a signing secret. It starts with whsec_ and is shown on the endpoint's page in Stripe.",
      ),
  }),
  output: done(),
});

/** Processes a Stripe event again now. */
export const retryStripeEvent = operation({
  name: "stripe_event.retry",
  worker: "runtime",
  scope: "project",
  role: "support",
  recentAuth: "never",
  audit: ["stripe_event.retry"],
  input: z.strictObject({ eventId: stripeId }),
  output: done<{ status: string; detail: string | null }>(),
});
