import type { Mode } from "../../../../../shared/contract/enums.ts";

/** A likely cause and the actions that fix it. */
export interface LikelyCause {
  /** The support playbook of the cause. */
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
  /** The likeliest fix first. */
  actions: CauseAction[];
}

/**
 * A link to a `page`, or a `form` that is posted with the customer's `subject_ref`. Both are paths below
 * the project and mode. `mode` selects another mode.
 *
 * A page that begins with `.` is below the customer's page.
 */
export type CauseAction = { label: string } & ({ page: string; mode?: Mode } | { form: string });

export const syncAction: CauseAction = { label: "Sync from Stripe…", page: "./sync" };
/** `productCode` is the product that the customer lacks, if known. */
export const grantAction = (productCode?: string): CauseAction => ({
  label: "Grant access…",
  page: productCode === undefined ? "./grant" : `./grant?product_code=${productCode}`,
});
