/** A likely cause, with what mends it. */
export interface Finding {
  /** The playbook it is from. */
  cause:
    | "paid_without_access"
    | "delivery_failed"
    | "reversal"
    | "credits_gone"
    | "by_hand"
    | "stripe_says_so"
    | "nothing_bought"
    | "all_well";
  title: string;
  text: string;
  /** `page` is below the project and mode, or, with a leading `.`, below the customer's own page. */
  action: { label: string; page: string } | null;
}

export const sync = { label: "Preview a sync from Stripe", page: "./sync" };
export const grant = { label: "Preview a grant by hand", page: "./grant" };
