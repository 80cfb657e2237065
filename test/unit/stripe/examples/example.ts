import type { Flag } from "../../../../shared/domain/entitlement.ts";
import type { Action } from "../model/action.ts";
import type { ApiShape } from "../model/world.ts";
import type { Verdict } from "../oracle/verdict.ts";

/** A history with the decisions that are right after it, worked out by a person. */
export interface Example {
  history: Action[];
  /** The only shape in which Stripe has such a history. */
  shape?: ApiShape;
  /** The days from the last step to the decision. */
  daysLater?: number;
  /** The decision on every product that was ever granted. */
  products: Record<string, Verdict>;
  /** Flags that the entitlement of a product has. Products that are not named have none. */
  flags?: Record<string, Flag[]>;
}
