import type { Mode } from "../../../../shared/contract/enums.ts";
import type { ProjectFacts } from "../../db/project-facts.ts";

export interface Step {
  done: boolean;
  title: string;
  text: string;
  /** The page of the step, below the project and mode. */
  page: string;
  action: string;
  /** A command to copy, over several lines. */
  command?: string;
}

/** Returns the setup steps from an empty project to the first allowed access check, in order. */
export function setupSteps(facts: ProjectFacts, { mode, origin }: { mode: Mode; origin: string }): Step[] {
  return [
    {
      done: facts.isConnected,
      title: `Connect Stripe in ${mode} mode`,
      text: "Paste a secret or restricted key. We verify its permissions.",
      page: "/stripe",
      action: "Connect Stripe",
    },
    {
      done: facts.hasWebhook,
      title: "Register the webhook",
      text: "Let Stripe notify us of payments in real time.",
      page: "/stripe",
      action: "Register webhook",
    },
    {
      done: facts.products > 0,
      title: "Create a product",
      text: "Map a Stripe price to access.",
      page: "/products/new",
      action: "Create product",
    },
    {
      done: facts.hasSuccessUrl,
      title: "Set the success URL",
      text: "The page that customers return to after paying. Licenzy rejects checkouts without one.",
      page: "/settings",
      action: "Set URL",
    },
    {
      done: facts.keys > 0,
      title: "Create an API key",
      text: "Authenticates your backend.",
      page: "/keys",
      action: "Create API key",
    },
    {
      done: facts.endpoints > 0,
      title: "Add a webhook endpoint",
      text: "Get purchases and access changes sent to your backend.",
      page: "/webhooks/new",
      action: "Add endpoint",
    },
    {
      done: facts.purchases > 0,
      title: mode === "test" ? "Make a test purchase" : "Make a purchase",
      text: "Create a checkout via the API, open its checkout_url and pay. The customer appears under Customers.",
      page: "/customers",
      action: "View customers",
      command: buildCheckoutCommand(origin, mode, facts.firstProductCode ?? "PRODUCT_CODE"),
    },
  ];
}

function buildCheckoutCommand(origin: string, mode: Mode, productCode: string): string {
  return [
    `curl ${origin}/v1/checkout/session`,
    `-H 'Authorization: Bearer lz_${mode}_YOUR_API_KEY'`,
    "-H 'Content-Type: application/json'",
    "-H 'Idempotency-Key: first-purchase'",
    `-d '${JSON.stringify({ subject_ref: "user_1", product_code: productCode })}'`,
  ].join(" \\\n  ");
}
