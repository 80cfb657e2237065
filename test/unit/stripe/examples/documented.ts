import { changeQuantity, refund, subscribe, wait } from "../model/steps.ts";
import type { Example } from "./example.ts";

/** What docs/protocols/stripe.md explains and no other example plays. */
export const documentedExamples: Record<string, Example> = {
  "another invoice of the same period keeps the product when one is refunded": {
    history: [subscribe(), wait(1), changeQuantity(2), wait(1), refund()],
    products: { PRO: "allowed" },
  },
};
