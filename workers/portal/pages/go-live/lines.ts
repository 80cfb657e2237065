import type { PlanStatus } from "../../../../shared/contract/enums.ts";
import { kindLabels } from "../../components/labels/common.ts";
import { type GoLiveFacts, maxTwins, type Terms, type Twin } from "../../db/go-live.ts";
import { describeCheckout } from "../products/checkout-fields.tsx";
import { describeGrant, describeSignals } from "./describe.ts";

export interface Line {
  done: boolean;
  title: string;
  text: string;
  /** Below the project's live mode; `/plan` belongs to the account. */
  page: string;
  action: string;
  /** Products to copy, each with what is wrong with it. */
  copies?: { productCode: string; text: string }[];
}

/** Lists what live mode needs, in the order in which it is done. */
export function buildLines(facts: GoLiveFacts, planStatus: PlanStatus): Line[] {
  const missing = facts.twins.filter(({ live }) => live === null || live.isArchived);
  const differing = facts.twins.filter(({ live }) => live !== null && !live.isArchived);
  const urlProblem = findUrlProblem(facts);
  return [
    {
      done: planStatus === "trial" || planStatus === "active",
      title: "Activate the plan",
      text: "Live checkouts and usage are refused without a trial or active plan. An owner can change it.",
      page: "/plan",
      action: "Activate plan",
    },
    {
      done: facts.isConnected,
      title: "Connect Stripe in live mode",
      text: "Use a live key of your Stripe account.",
      page: "/stripe",
      action: "Connect Stripe",
    },
    {
      done: facts.testProducts > 0 && missing.length === 0,
      title: "Create each test product in live mode",
      text:
        facts.testProducts === 0
          ? "No products in test mode yet. Create one there first."
          : `Missing in live mode${formatMore(facts)}:`,
      page: "/products",
      action: "View products",
      copies: missing.map(({ productCode, test, live }) => ({
        productCode,
        text: live === null ? describeTerms(test) : "archived in live mode",
      })),
    },
    {
      done: facts.testProducts > 0 && facts.twins.length === 0,
      title: "Match each live product with its test product",
      text:
        differing.length === 0
          ? "Create the missing products first."
          : `Customers get other terms than you tested${formatMore(facts)}:`,
      page: "/products",
      action: "View products",
      copies: differing.map((twin) => ({ productCode: twin.productCode, text: describeDifference(twin) })),
    },
    {
      done: urlProblem === null,
      title: "Set the redirect URLs",
      text: urlProblem ?? "",
      page: "/settings",
      action: "Set URLs",
    },
    {
      done: facts.hasKey,
      title: "Create a live API key",
      text: "Authenticates your backend in production.",
      page: "/keys",
      action: "Create API key",
    },
    {
      done: facts.hasWebhookEvent,
      title: "Receive a live Stripe event by webhook",
      text: "Register the webhook, then send a test event from Stripe or make a sale. Events that Licenzy found in Stripe's event list do not count.",
      page: "/stripe",
      action: "Register webhook",
    },
    {
      done: facts.hasPurchase,
      title: "Complete a live purchase",
      text: "Buy a product yourself, then refund it in Stripe.",
      page: "/customers",
      action: "View customers",
    },
  ];
}

const formatMore = ({ twins }: GoLiveFacts): string =>
  twins.length > maxTwins ? ` (the first ${maxTwins} products)` : "";

function describeTerms(terms: Terms): string {
  const settings = [describeCheckout(terms.checkout), describeSignals(terms.signals)];
  const known = settings.filter((each) => each !== "—").join(", ");
  return `${kindLabels[terms.kind]}, ${describeGrant(terms)}${known === "" ? "" : ` (${known})`}`;
}

const describeDifference = ({ test, live }: Twin): string =>
  live === null ? "" : `Live: ${describeTerms(live)}; test: ${describeTerms(test)}`;

/** Returns what is wrong with the project's redirect URLs for real customers, or `null`. */
function findUrlProblem({ successUrl, cancelUrl }: GoLiveFacts): string | null {
  if (successUrl === null)
    return "The success URL is not set. Licenzy rejects checkouts that do not name one themselves.";
  const local = [successUrl, cancelUrl].find((url) => url !== null && !isPublic(url));
  return local === undefined
    ? null
    : `Customers can't open ${local}. Use a public address that begins with https://.`;
}

function isPublic(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isLocal = hostname === "localhost" || /\.(localhost|local|test|invalid)$/.test(hostname);
  return protocol === "https:" && !isLocal && !/^(127\.|10\.|192\.168\.|0\.0\.0\.0$|\[)/.test(hostname);
}
