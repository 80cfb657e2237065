import type { Mode } from "../../../../shared/contract/words.ts";

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
  /** The likeliest remedy first. */
  actions: Action[];
}

/**
 * A `page` that is gone to, or a `form` that is posted with the customer's name in it. Both are below the project and mode
 * (`mode` says another one); or, a page with a leading `.`, below the customer's own.
 */
export type Action = { label: string } & ({ page: string; mode?: Mode } | { form: string });

export const sync: Action = { label: "Preview a sync from Stripe", page: "./sync" };
/** `productCode`: what the customer lacks, where that is known. */
export const grant = (productCode?: string): Action => ({
  label: "Preview a grant by hand",
  page: productCode === undefined ? "./grant" : `./grant?product_code=${productCode}`,
});
