/** One entry of the sidebar. `slug` is the address below `/docs/`, and the Markdown file in `pages/`. */
export interface NavigationPage {
  slug: string;
  label: string;
}

export interface NavigationGroup {
  title: string;
  pages: NavigationPage[];
}

const page = (slug: string, label: string): NavigationPage => ({ slug, label });

/** Every written page in reading order. The pages of the API reference and the SDK follow their sources. */
export const navigation: NavigationGroup[] = [
  {
    title: "Get started",
    pages: [
      page("index", "What Licenzy is"),
      page("quickstart", "Quickstart"),
      page("stripe-setup", "Stripe setup"),
      page("products", "Products and kinds"),
    ],
  },
  {
    title: "Integrate",
    pages: [
      page("checkout", "Checkout"),
      page("reads", "Which read to use"),
      page("denial-reasons", "Denial reasons"),
      page("recovery", "The way back"),
      page("credits", "Credits for AI"),
      page("low-credits", "Low credits and expiry emails"),
      page("webhooks", "Webhooks"),
      page("webhook-events", "Event catalog"),
      page("refunds-and-disputes", "Refunds and disputes"),
      page("state-matrix", "State matrix"),
    ],
  },
  {
    title: "Go live",
    pages: [
      page("test-and-live", "Test and live"),
      page("go-live", "Go-live checklist"),
      page("moving-in", "Moving in"),
    ],
  },
  {
    title: "Support",
    pages: [
      page("support", "Support playbooks"),
      page("support/paid-but-no-access", "Paid, but no access"),
      page("support/delivery-failed", "Delivery failed"),
      page("support/refund-revoked-access", "Refund revoked access"),
      page("support/credits-gone", "Credits gone"),
      page("support/manual-recovery", "Manual recovery"),
      page("support/recovery-link", "Send a recovery link"),
      page("support/many-customers", "Many customers at once"),
      page("manual-operations", "Manual operations"),
      page("delivery-debugging", "Delivery debugging"),
    ],
  },
  {
    title: "API",
    pages: [
      page("api", "Conventions"),
      page("errors", "Errors"),
      page("idempotency", "Idempotency"),
      page("limits", "Limits"),
    ],
  },
  {
    title: "Tools",
    pages: [page("sdk", "SDK"), page("cli", "CLI"), page("testing", "Testing your integration")],
  },
  {
    title: "Running Licenzy",
    pages: [
      page("self-hosting", "Self-hosting"),
      page("security", "Security and privacy"),
      page("export", "Export of a customer"),
      page("changelog", "Changelog"),
    ],
  },
];
